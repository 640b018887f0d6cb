"""Whether a difference between systems may be luck, and how many were tried."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from acclimate.evaluate.units import by_unit

# Up to here all sign patterns are counted; beyond, this many are drawn.
_EXACT_QUERIES = 12
PERMUTATIONS = 10_000
_CELLS = 2_000_000


def randomisation_test(
    a: Sequence[float],
    b: Sequence[float],
    seed: int = 0,
    permutations: int = PERMUTATIONS,
    units: Sequence[Hashable] | None = None,
) -> float:
    """Two-sided p of the paired randomisation test (Fisher; Smucker et al., CIKM 2007).

    If neither system is better, each query's difference could as well have had the other sign.
    p is the share of sign patterns whose mean is at least as far from 0 as the one seen; drawn
    patterns count the seen one in, so that p is never 0. `units` says of each pair of values what
    it stands and falls with; those have their sign in common.
    """
    each = np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    differences, _ = by_unit(each, units)
    differences = differences[differences != 0]
    count = len(differences)
    # Sums of the same numbers in another order differ in their last bits, but are equally far.
    seen = abs(differences.sum()) - 1e-12 * np.abs(differences).sum()
    if count <= _EXACT_QUERIES:
        patterns = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
        return float(np.mean(np.abs((1 - 2 * patterns) @ differences) >= seen))
    rng = np.random.default_rng(seed)
    as_far, block = 1, max(1, _CELLS // count)
    for start in range(0, permutations, block):
        size = min(block, permutations - start)
        signs = 1 - 2 * rng.integers(0, 2, size=(size, count), dtype=np.int8)
        as_far += int(np.count_nonzero(np.abs(signs @ differences) >= seen))
    return as_far / (permutations + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's (1979) correction for having tested several differences, in the given order."""
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = largest
    return corrected
