"""One order for everything that ranks: higher scores first, equal scores by passage id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from acclimate.errors import InputError
from acclimate.types import Hit

Rows = npt.NDArray[np.int64]


def places(ids: Sequence[str]) -> Rows:
    """Each id's place in sorted order, shape (len(ids),): what decides between equal scores.

    A rank is only repeatable if ids are unique, so a repeated one is refused.
    """
    ordered = sorted(range(len(ids)), key=ids.__getitem__)
    for before, after in pairwise(ordered):
        if ids[before] == ids[after]:
            raise InputError(
                f"passage id {ids[before]!r} occurs twice (rows {before + 1} and {after + 1}); "
                "give every passage its own id"
            )
    place = np.empty(len(ids), dtype=np.int64)
    place[ordered] = np.arange(len(ids))
    return place


def top(scores: npt.NDArray[np.floating], tiebreak: Rows, k: int) -> Rows:
    """Positions of the k best scores, best first; equal scores go by smaller tiebreak.

    The tie rule holds at the cut too, which a bare argpartition does not promise.
    """
    if k >= len(scores):
        return _in_order(np.arange(len(scores), dtype=np.int64), scores, tiebreak)
    return _in_order(np.flatnonzero(scores >= _kth(scores, k)), scores, tiebreak)[:k]


def top_found(scores: npt.NDArray[np.floating], tiebreak: Rows, k: int) -> Rows:
    """The same of the scores above 0 only, which are those of what was found."""
    least = _kth(scores, k) if k < len(scores) else 0
    kept = np.flatnonzero(scores >= least) if least > 0 else np.flatnonzero(scores > 0)
    return _in_order(kept, scores, tiebreak)[:k]


def _kth(scores: npt.NDArray[np.floating], k: int) -> np.floating:
    """The k-th best score, of more than k."""
    at = len(scores) - k
    kth: np.floating = np.partition(scores, at)[at]
    return kth


def _in_order(rows: Rows, scores: npt.NDArray[np.floating], tiebreak: Rows) -> Rows:
    order = np.lexsort((tiebreak[rows], -scores[rows]))
    return np.asarray(rows[order], dtype=np.int64)


def ordered_hits(hits: Iterable[Hit]) -> list[Hit]:
    """Hits best first, equal scores by passage id."""
    return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))
