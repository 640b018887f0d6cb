"""How often a sentence's nearest neighbour is its translation, in both directions.

As for LASER's Tatoeba sets (Artetxe and Schwenk, arXiv 1812.10464, section 4.3), which report one
minus it; a neighbour with the translation's very words counts here as the translation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from acclimate.errors import InputError
from acclimate.evaluate.intervals import Estimate, bootstrap
from acclimate.formats.files import read_lines
from acclimate.models.base import Encoder, Similarity, Vectors

BLOCK = 1_024


@dataclass(frozen=True, slots=True)
class TranslationAccuracy:
    """Shares of sentences that find their translation, of `pairs` aligned ones."""

    pairs: int
    forward: Estimate
    backward: Estimate


def translation_accuracy(encoder: Encoder, source: Path, target: Path) -> TranslationAccuracy:
    """Of two files whose lines translate each other; InputError where their lengths differ."""
    texts, others = ([line.strip() for line in read_lines(path)] for path in (source, target))
    if len(texts) != len(others) or not texts:
        raise InputError(
            f"{source} has {len(texts)} lines and {target} {len(others)}; accuracy needs files "
            "whose lines translate each other. Where only some do, name these in a third file"
        )
    a, b = (Similarity.COSINE.prepare(encoder.encode_passages(each)) for each in (texts, others))
    return TranslationAccuracy(
        len(texts), bootstrap(_found(a, b, others)), bootstrap(_found(b, a, texts))
    )


def _found(asked: Vectors, among: Vectors, texts: Sequence[str]) -> list[float]:
    """For each row 1 where the nearest of the others has its translation's text."""
    found: list[float] = []
    for start in range(0, len(asked), BLOCK):
        nearest = np.argmax(asked[start : start + BLOCK] @ among.T, axis=1)
        found += [float(texts[row] == texts[n]) for n, row in enumerate(nearest.tolist(), start)]
    return found
