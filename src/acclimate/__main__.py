"""`python -m acclimate`, and `torchrun ... -m acclimate`: the same as the command `acclimate`."""

from acclimate.cli.main import main

if __name__ == "__main__":
    main()
