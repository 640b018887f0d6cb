"""Batches that fit: sorted by length so that little is padding, halved when memory runs out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")

_log = logging.getLogger(__name__)


def by_length(
    items: Sequence[Item],
    length: Callable[[Item], int],
    work: Callable[[list[Item]], list[Result]],
    batch_size: int,
) -> list[Result]:
    """Apply `work` to batches of items of like length; results come back in the items' order."""
    order = sorted(range(len(items)), key=lambda row: length(items[row]), reverse=True)
    results: dict[int, Result] = {}
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        done = in_halves([items[row] for row in rows], work)
        results.update(zip(rows, done, strict=True))
    return [results[row] for row in range(len(items))]


def in_halves(items: list[Item], work: Callable[[list[Item]], list[Result]]) -> list[Result]:
    """Apply `work` to the batch; where it does not fit in memory, to each half instead."""
    try:
        return work(items)
    except (MemoryError, RuntimeError) as error:
        if len(items) == 1 or not _is_out_of_memory(error):
            raise
    # Outside the handler, so that the failed attempt's tensors are no longer referenced.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    middle = len(items) // 2
    _log.warning("a batch of %d does not fit in memory; going on with %d", len(items), middle)
    return in_halves(items[:middle], work) + in_halves(items[middle:], work)


def _is_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError | torch.cuda.OutOfMemoryError) or (
        "can't allocate memory" in str(error) or "out of memory" in str(error).lower()
    )
