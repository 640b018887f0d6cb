"""Correlations with bootstrap intervals over pairs (Efron & Tibshirani 1993, chapter 13)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from acclimate.errors import UsageError
from acclimate.evaluate.intervals import CONFIDENCE, Estimate

#: Fewer than for means: a rank correlation sorts every resample anew.
RESAMPLES = 1_000

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Correlations:
    """How far two lists of numbers go together: linearly (Pearson) and by rank (Spearman)."""

    pearson: Estimate
    spearman: Estimate


def correlations(x: Numbers, y: Numbers, seed: int = 0, resamples: int = RESAMPLES) -> Correlations:
    """Both correlations of x and y, each of shape (pairs,), three pairs at least.

    Where one of them does not vary there is no correlation, and it counts as 0.
    """
    if len(x) < 3:
        raise UsageError(f"{len(x)} pairs; a correlation needs at least 3")
    drawn = np.random.default_rng(seed).integers(0, len(x), size=(resamples, len(x)))
    ranks_x, ranks_y = rankdata(x[drawn], axis=1), rankdata(y[drawn], axis=1)
    return Correlations(
        _estimate(pearson(x[np.newaxis], y[np.newaxis]), pearson(x[drawn], y[drawn])),
        _estimate(pearson(rankdata(x)[np.newaxis], rankdata(y)[np.newaxis]),
                  pearson(ranks_x, ranks_y)),
    )  # fmt: skip


def pearson(x: Numbers, y: Numbers) -> Numbers:
    """Row by row, of shape (rows, pairs) each; Spearman's where the numbers are ranks."""
    x = x - x.mean(axis=1, keepdims=True)
    y = y - y.mean(axis=1, keepdims=True)
    spread = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    shared: Numbers = (x * y).sum(axis=1)
    return np.where(spread > 1e-12, shared / np.maximum(spread, 1e-12), 0.0)


def _estimate(value: Numbers, resampled: Numbers) -> Estimate:
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(resampled, [tail, 100 - tail])
    return Estimate(float(value[0]), float(low), float(high))
