"""Accuracy of models on the Tatoeba test set, in both directions, for eight languages.

python experiments/tatoeba.py data/parallel/laser_tatoeba_v1 MODEL MODEL... > accuracy.json
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from acclimate.formats.parallel import find_parallel
from acclimate.formats.readreport import ReadReport
from acclimate.models.dense import DenseEncoder
from acclimate.multilingual.pair_accuracy import accuracy

LANGUAGES = ("ara", "cmn", "deu", "fra", "hin", "spa", "tur", "vie")


def measured(encoder: DenseEncoder, folder: Path, language: str) -> dict[str, float]:
    """Forward is from English; all lines of the test set count, as in its paper."""
    source = find_parallel([folder / f"tatoeba.{language}-eng.{language}"])[0]
    pairs = [placed.row for placed in source.translations(ReadReport().tally(language))]
    found = accuracy(
        encoder.encode_passages([pair.source for pair in pairs]),
        encoder.encode_passages([pair.target for pair in pairs]),
    )
    return {"sentences": len(pairs), **asdict(found)}


def main(folder: Path, models: list[str]) -> None:
    """One object: model, language, accuracies."""
    result = {}
    for name in models:
        encoder = DenseEncoder.load(name)
        result[name] = {each: measured(encoder, folder, each) for each in LANGUAGES}
    json.dump(result, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
