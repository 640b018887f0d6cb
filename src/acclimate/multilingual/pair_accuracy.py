"""How often a sentence's translation is the nearest of all, and how near it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from acclimate.models.base import Similarity, Vectors
from acclimate.models.dense import DenseEncoder


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares of sentences: `forward` from the source to its translation, `backward` from there."""

    forward: float
    backward: float


def accuracy(sources: Vectors, targets: Vectors) -> Accuracy:
    """From vectors of shape (pairs, dimension), compared by cosine.

    The Tatoeba measure (Artetxe and Schwenk, arXiv 1812.10464, section 4.4); the first of equals
    counts.
    """
    cosines = Similarity.COSINE.prepare(sources) @ Similarity.COSINE.prepare(targets).T
    own = np.arange(len(cosines))
    return Accuracy(
        forward=float((cosines.argmax(axis=1) == own).mean()),
        backward=float((cosines.argmax(axis=0) == own).mean()),
    )


def measure_languages(
    encoder: DenseEncoder, held_out: Mapping[str, Sequence[tuple[str, str]]]
) -> dict[str, Accuracy]:
    """The accuracy of an encoder for each language."""
    return {language: measure(encoder, pairs) for language, pairs in held_out.items()}


def measure(encoder: DenseEncoder, pairs: Sequence[tuple[str, str]]) -> Accuracy:
    """The accuracy of an encoder on translations, of which no side comes twice."""
    sources, targets = zip(*_distinct(pairs), strict=True)
    return accuracy(encoder.encode_passages(sources), encoder.encode_passages(targets))


def _distinct(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first translation of each sentence, and each translation once."""
    by_source = dict(reversed(pairs))
    by_target = {target: source for source, target in by_source.items()}
    return [(source, target) for target, source in by_target.items()]
