"""Kill -9 a real adaptation after every piece of its work, and compare it with one left in peace.

    python experiments/killed.py data/medline --set generate.total=120 --set train.max_steps=8

The command is started, watched until it has written one more file of a stage, killed a moment later
while it works at the next, and started again, until there is nothing left to kill. In the end
every row, vector and weight must equal, byte for byte, those of a run that nothing interrupted. The
recipe is offline-likelihood, which has every stage.
"""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from itertools import cycle
from pathlib import Path

RECIPE = "offline-likelihood"
#: What a stage writes when a piece of it is done.
PIECES = ("passages-*.sqlite", "stages/*/*.receipt", "stages/*/*.npy", "stages/*/*.safetensors",
          "stages/*/model", "model", "report.html")  # fmt: skip
KEPT = ("stages/**/*.jsonl", "stages/**/*.npy", "stages/**/*.safetensors")
#: Seconds between a piece and the kill, in turn: at once, and well into the next.
PATIENCE = (0.0, 3.0, 0.3)


def main() -> int:
    """Print one row for each kill, and whether the two runs ended alike."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus")
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE of the recipe")
    parser.add_argument("--out", type=Path, default=Path("runs/killed"))
    parser.add_argument("--json", type=Path, help="write the results to this file")
    given = parser.parse_args()
    settings = [word for each in given.set for word in ("--set", each)]
    command = ["acclimate", "adapt", given.corpus, "--recipe", RECIPE, *settings, "--out"]

    left_in_peace, killed = given.out / "whole", given.out / "killed"
    subprocess.run([*command, str(left_in_peace)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    rows = []
    for patience in cycle(PATIENCE):
        row = _kill_after_a_piece([*command, str(killed)], killed, patience)
        if row is None:
            break
        rows.append(row)
    wanted, found = _contents(left_in_peace), _contents(killed)
    differing = sorted(
        path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path)
    )
    result = {"command": " ".join(command), "kills": rows, "files": len(wanted)}
    print(json.dumps(result | {"differing": differing}, indent=1))
    if given.json:
        given.json.write_text(json.dumps(result | {"differing": differing}, indent=1) + "\n")
    return 1 if differing else 0


def _kill_after_a_piece(command: list[str], out: Path, patience: float) -> dict[str, object] | None:
    """What there was of new when the command was killed; None where it came to its end."""
    before = _pieces(out)
    running = subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while running.poll() is None and _pieces(out) <= before:
        time.sleep(0.01)
    time.sleep(patience)
    running.send_signal(signal.SIGKILL)
    ended = running.wait()
    if ended == 0:
        return None
    if ended != -signal.SIGKILL:
        raise SystemExit(f"it failed by itself ({ended}): {' '.join(command)}")
    return {"after": sorted(_pieces(out) - before), "seconds later": patience}


def _pieces(out: Path) -> set[str]:
    """The pieces that are done; a checkpoint that is written again counts as another."""
    return {
        f"{path.relative_to(out)}@{path.stat().st_mtime_ns if path.suffix == '.safetensors' else 0}"
        for pattern in PIECES
        for path in out.glob(pattern)
    }


def _contents(out: Path) -> dict[str, str]:
    """The hash of every file of rows, vectors or weights."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for pattern in KEPT
        for path in sorted(out.glob(pattern))
    }


if __name__ == "__main__":
    sys.exit(main())
