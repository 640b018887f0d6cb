"""Semantic textual similarity (Cer et al., arXiv 1708.00055): cosines against people's scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from acclimate.errors import InputError
from acclimate.evaluate.correlation import Correlations, correlations
from acclimate.formats.sts import SentencePair, read_sts
from acclimate.models.base import Encoder, Similarity, Vectors


@dataclass(frozen=True, slots=True)
class StsResult:
    """First sentences from one file and second ones from another, or from the same."""

    first: str
    second: str
    pairs: int
    correlations: Correlations


@dataclass(frozen=True, slots=True)
class _Encoded:
    name: str
    scores: tuple[float, ...]
    firsts: Vectors
    seconds: Vectors


def measure_sts(encoder: Encoder, paths: Sequence[Path], seed: int = 0) -> list[StsResult]:
    """Each file by itself, then each with each: first sentences of one, second ones of the other.

    Several files must hold the same pairs in several languages, line by line; InputError where
    their scores say that they do not.
    """
    sets = {path: list(read_sts(path)) for path in paths}
    _check_parallel(sets)
    encoded = [_encode(encoder, path.stem, pairs) for path, pairs in sets.items()]
    alone = [(each, each) for each in encoded]
    crossed = [(a, b) for a in encoded for b in encoded if a is not b]
    return [_measure(a, b, seed) for a, b in alone + crossed]


def _encode(encoder: Encoder, name: str, pairs: Sequence[SentencePair]) -> _Encoded:
    # Both sides as passages: the two sentences have the same part in a pair.
    firsts = encoder.encode_passages([pair.first for pair in pairs])
    seconds = encoder.encode_passages([pair.second for pair in pairs])
    cosine = Similarity.COSINE.prepare
    return _Encoded(name, tuple(p.score for p in pairs), cosine(firsts), cosine(seconds))


def _measure(a: _Encoded, b: _Encoded, seed: int) -> StsResult:
    cosines = (a.firsts.astype(np.float64) * b.seconds).sum(axis=1)
    found = correlations(cosines, np.asarray(a.scores), seed)
    return StsResult(a.name, b.name, len(a.scores), found)


def _check_parallel(sets: dict[Path, list[SentencePair]]) -> None:
    (path, pairs), *others = sets.items()
    for other, rows in others:
        if [row.score for row in rows] != [pair.score for pair in pairs]:
            raise InputError(
                f"{other}: its {len(rows)} scores are not the {len(pairs)} of {path}, so its pairs "
                "are others; give the same split in each language, in the same order"
            )
