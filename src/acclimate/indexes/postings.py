"""An inverted file on disk: for each column (a term), the rows that have it and how much of it.

Both the lexical and the learned sparse index are made of it. The files are written once, column by
column, and read by memory map; nothing of them is held in memory but what a search touches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from acclimate.errors import InputError
from acclimate.indexes.base import Mask

Places = npt.NDArray[np.int64]
RowNumbers = npt.NDArray[np.int32]
Values = npt.NDArray[Any]

#: Postings that are merged at a time, so that memory does not grow with the index.
BLOCK = 1 << 21

_FILES = ("indptr", "rows", "values", "largest", "lengths")


@dataclass(frozen=True, slots=True)
class Postings:
    """Columns of (row, value), each with increasing rows.

    indptr: (columns + 1,), where each column starts; rows, values: (postings,);
    largest: (columns,), the largest value of each; lengths: (rows,), what each row holds in all.
    """

    indptr: Places
    rows: RowNumbers
    values: Values
    largest: Values
    lengths: RowNumbers

    @classmethod
    def of(cls, columns: Places, rows: RowNumbers, values: Values, lengths: RowNumbers) -> Postings:
        """Postings in memory from their cells; `columns`, from 0 without gaps, and rows increase.

        The four arrays have shapes (postings,), (postings,), (postings,) and (rows,).
        """
        count = int(columns[-1]) + 1 if len(columns) else 0
        indptr = np.searchsorted(columns, np.arange(count + 1)).astype(np.int64)
        return cls(indptr, rows, values, _largest(values, indptr), lengths)

    @classmethod
    def open(cls, folder: Path) -> Postings:
        """By memory map, from the files that `merge` wrote."""
        return cls(*(mapped(folder / f"{name}.npy") for name in _FILES))

    @property
    def columns(self) -> int:
        return len(self.indptr) - 1

    def column(self, number: int) -> tuple[RowNumbers, Values]:
        """Rows and values of one column, as views."""
        span = slice(self.indptr[number], self.indptr[number + 1])
        return self.rows[span], self.values[span]

    def kept(self, keep: Mask) -> Places:
        """How many of each column's rows are kept, shape (columns,)."""
        if keep.all():
            return np.diff(self.indptr)
        counts = np.zeros(self.columns, dtype=np.int64)
        for first, last in _blocks(self.indptr):
            bounds = self.indptr[first : last + 1]
            alive = keep[self.rows[bounds[0] : bounds[-1]]]
            running = np.concatenate(([0], np.cumsum(alive, dtype=np.int64)))
            counts[first:last] = np.diff(running[bounds - bounds[0]])
        return counts


def mapped(path: Path) -> Values:
    """An array by memory map, as a plain array: numpy's own class is slow to slice.

    Raises InputError where the file is missing or broken.
    """
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"{path}: not an array that can be mapped ({error}); restore the file, or index the "
            "corpus again"
        ) from error


class Source(NamedTuple):
    """Postings that go into a merge.

    columns: (columns of the source,), each one's number in the result, increasing where anything
    of it is kept; kept: what `Postings.kept` says; keep: (rows of the source,).
    """

    postings: Postings
    columns: Places
    kept: Places
    keep: Mask


def merge(folder: Path, sources: Sequence[Source], columns: int) -> None:
    """Write one inverted file out of the kept rows of several, numbered on from source to source.

    Every one of the `columns` columns of the result must keep a row.
    """
    counts = np.zeros(columns, dtype=np.int64)
    for source in sources:
        some = source.kept > 0
        counts[source.columns[some]] += source.kept[some]
    indptr = np.concatenate(([0], np.cumsum(counts)))
    dtype = np.result_type(*(source.postings.values for source in sources)) if sources else "u1"
    rows, values = (
        _new(folder, "rows", np.int32, indptr[-1]),
        _new(folder, "values", dtype, indptr[-1]),
    )
    largest = _new(folder, "largest", dtype, columns)
    numbers = _renumbered([source.keep for source in sources])
    for first, last in _blocks(indptr):
        cells = [
            _cells(source, number, first, last)
            for source, number in zip(sources, numbers, strict=True)
        ]
        column, row, value = (np.concatenate(parts) for parts in zip(*cells, strict=True))
        # Stable, and each source's cells are in order: this only interleaves them.
        order = np.argsort(column, kind="stable")
        span = slice(indptr[first], indptr[last])
        rows[span], values[span] = row[order], value[order]
        largest[first:last] = _largest(values[span], indptr[first : last + 1] - indptr[first])
    lengths = [source.postings.lengths[source.keep] for source in sources]
    np.save(folder / "indptr.npy", indptr)
    np.save(folder / "lengths.npy", np.concatenate([np.zeros(0, np.int32), *lengths]))


def _cells(
    source: Source, numbers: RowNumbers, first: int, last: int
) -> tuple[Places, RowNumbers, Values]:
    """The kept cells of the result's columns `first` to `last`: column, new row and value."""
    postings = source.postings
    some = np.flatnonzero(source.kept > 0)
    some = some[slice(*np.searchsorted(source.columns[some], (first, last)))]
    if not len(some):
        return np.zeros(0, np.int64), np.zeros(0, np.int32), postings.values[:0]
    start, stop = int(some[0]), int(some[-1]) + 1
    bounds = postings.indptr[start : stop + 1]
    column = np.repeat(source.columns[start:stop], np.diff(bounds))
    span = slice(bounds[0], bounds[-1])
    alive = source.keep[postings.rows[span]]
    row = numbers[postings.rows[span][alive]]
    return column[alive], row, postings.values[span][alive]


def _renumbered(keep: Sequence[Mask]) -> list[RowNumbers]:
    """The new number of each kept row of each source."""
    numbers, start = [], 0
    for mask in keep:
        numbers.append((np.cumsum(mask) - 1 + start).astype(np.int32))
        start += int(np.count_nonzero(mask))
    return numbers


def _blocks(indptr: Places) -> Iterator[tuple[int, int]]:
    """Ranges of columns that hold about `BLOCK` postings each, and at least one column."""
    first, columns = 0, len(indptr) - 1
    while first < columns:
        last = int(np.searchsorted(indptr, indptr[first] + BLOCK, side="right")) - 1
        last = min(max(last, first + 1), columns)
        yield first, last
        first = last


def _largest(values: Values, indptr: Places) -> Values:
    # reduceat wants no bound at the end; no column here is empty.
    return np.maximum.reduceat(values, indptr[:-1]) if len(values) else values[:0]


def _new(folder: Path, name: str, dtype: npt.DTypeLike, length: int) -> np.memmap[Any, Any]:
    return np.lib.format.open_memmap(
        folder / f"{name}.npy", mode="w+", dtype=np.dtype(dtype), shape=(int(length),)
    )
