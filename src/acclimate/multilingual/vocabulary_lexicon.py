"""Which pieces of the teacher's a new piece is translated by, learned from translations.

IBM Model 1 (Brown et al. 1993, Computational Linguistics 19(2), section 4): each piece of the
source sentence is explained by one of the pieces of its translation, or by none; how likely each
explains which is estimated in a few rounds of expectation and maximisation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Rounds of estimation; the lexicon hardly changes after these.
ROUNDS = 5


def explained(
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    known: int,
    new: int,
    rounds: int = ROUNDS,
) -> csr_array:
    """How often each new piece explains each known one: expected counts, shape (new, known).

    sources: the teacher's pieces of sentences; targets: the new pieces of their translations.
    `known` and `new` are the sizes of the two vocabularies.
    """
    explains, said, which = _cells(sources, targets, new)
    codes, cell = np.unique(explains * known + said, return_inverse=True)
    by = codes // known
    likely: Floats = np.ones(len(codes))
    counts: Floats = likely
    for _ in range(rounds):
        weights = likely[cell]
        posterior = weights / np.bincount(which, weights)[which]
        counts = np.bincount(cell, posterior, minlength=len(codes)).astype(np.float64)
        likely = counts / np.bincount(by, counts)[by]
    # What explains nothing in particular has the last row, which belongs to no piece.
    return csr_array((counts, (by, codes % known)), shape=(new + 1, known))[:new]


def _cells(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], nothing: int
) -> tuple[Integers, Integers, Integers]:
    """Every possible explanation: the new piece, the known piece, and which occurrence it is."""
    explains, said, which = [], [], []
    occurrences = 0
    for source, target in zip(sources, targets, strict=True):
        by = np.array([*target, nothing], dtype=np.int64)
        explains.append(np.tile(by, len(source)))
        said.append(np.repeat(np.array(source, dtype=np.int64), len(by)))
        which.append(np.repeat(np.arange(occurrences, occurrences + len(source)), len(by)))
        occurrences += len(source)
    return np.concatenate(explains), np.concatenate(said), np.concatenate(which)
