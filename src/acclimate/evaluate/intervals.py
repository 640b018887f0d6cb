"""How sure a mean over queries is: percentile bootstrap (Efron & Tibshirani 1993, chapter 13)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acclimate.errors import UsageError
from acclimate.evaluate.units import by_unit

RESAMPLES = 10_000
CONFIDENCE = 0.95
# Resamples drawn at a time hold at most this many query numbers, so that memory stays flat.
_CELLS = 2_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over queries, and the 95% interval in which other queries would likely put it."""

    value: float
    low: float
    high: float


def bootstrap(
    values: Sequence[float],
    seed: int = 0,
    resamples: int = RESAMPLES,
    units: Sequence[Hashable] | None = None,
) -> Estimate:
    """The mean of one value per query, with its 95% bootstrap interval over queries.

    `units` says of each value what it stands and falls with; units are resampled then.
    """
    array = np.asarray(values, dtype=np.float64)
    if not array.size:
        raise UsageError("no judged queries, so nothing to average; check the judgments file")
    return _estimate(float(array.mean()), _resampled_means(array, seed, resamples, units))


def bootstrap_average(
    groups: Sequence[Sequence[float]], seed: int = 0, resamples: int = RESAMPLES
) -> Estimate:
    """The average of several collections' means, each with one value per query.

    Queries are resampled within their collection: the collections themselves are the ones that
    were chosen, so the interval says nothing of others.
    """
    arrays = [np.asarray(group, dtype=np.float64) for group in groups]
    if not arrays or not all(array.size for array in arrays):
        raise UsageError("no judged queries, so nothing to average; check the judgments files")
    drawn = [
        _resampled_means(array, seed + number, resamples) for number, array in enumerate(arrays)
    ]
    value = float(np.mean([array.mean() for array in arrays]))
    return _estimate(value, np.mean(drawn, axis=0))


def bootstrap_difference(
    a: Sequence[float],
    b: Sequence[float],
    seed: int = 0,
    resamples: int = RESAMPLES,
    units: Sequence[Hashable] | None = None,
) -> Estimate:
    """How much b's mean exceeds a's, both measured on the same queries in the same order.

    Queries are drawn in pairs: how hard they are cancels out, so this interval is narrower than
    two separate ones suggest.
    """
    differences = np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    return bootstrap(differences.tolist(), seed, resamples, units)


def _estimate(value: float, means: npt.NDArray[np.float64]) -> Estimate:
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return Estimate(value, float(low), float(high))


def _resampled_means(
    values: npt.NDArray[np.float64],
    seed: int,
    resamples: int,
    units: Sequence[Hashable] | None = None,
) -> npt.NDArray[np.float64]:
    sums, sizes = by_unit(values, units)
    rng = np.random.default_rng(seed)
    means = np.empty(resamples)
    block = max(1, _CELLS // len(sums))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = rng.integers(0, len(sums), size=(size, len(sums)), dtype=np.int32)
        means[start : start + size] = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return means
