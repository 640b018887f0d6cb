"""Accuracy of models on the Tatoeba test set, in both directions, for eight languages.

python experiments/tatoeba.py data/parallel/laser_tatoeba_v1 MODEL MODEL... > accuracy.json
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from acclimate.models.dense import DenseEncoder
from acclimate.multilingual.translations import translation_accuracy

LANGUAGES = ("ara", "cmn", "deu", "fra", "hin", "spa", "tur", "vie")


def main(folder: Path, models: list[str]) -> None:
    """One object: model, language, accuracies; forward is from English."""
    result = {}
    for name in models:
        encoder = DenseEncoder.load(name)
        result[name] = {
            each: asdict(
                translation_accuracy(
                    encoder,
                    folder / f"tatoeba.{each}-eng.eng",
                    folder / f"tatoeba.{each}-eng.{each}",
                )
            )
            for each in LANGUAGES
        }
    json.dump(result, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
