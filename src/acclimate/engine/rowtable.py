"""Which row holds which passage: all of a committed state that is read into memory."""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from acclimate.engine.schema import DATABASE, open_for_reading
from acclimate.engine.segments import Segment
from acclimate.errors import InputError
from acclimate.indexes.base import Mask
from acclimate.ranking import Rows

_CHUNK = 10_000

Fixed = TypeVar("Fixed", Rows, Mask)


class SortedIds:
    """Ids in sorted order, one after the other in one string of bytes.

    UTF-8 sorts as characters do, so that the database's order is Python's.
    """

    def __init__(self, joined: bytes, ends: array[int]) -> None:
        self._joined = joined
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> bytes:
        start = self._ends[place - 1] if place else 0
        return self._joined[start : self._ends[place]]

    def find(self, passage_id: str) -> int:
        """The place of an id; -1 if it is not there."""
        wanted = passage_id.encode("utf-8", "surrogatepass")
        place = bisect_left(self, wanted)
        return place if place < len(self) and self[place] == wanted else -1


@dataclass(frozen=True, slots=True)
class _Records:
    """The live records of the database in the order of their ids."""

    ids: SortedIds
    numbers: Rows
    segments: Rows
    rows: Rows


class RowTable:
    """Rows counted through all segments, and the records of the database that they hold."""

    def __init__(self, version: int, segments: Sequence[Segment], records: _Records) -> None:
        sizes = [segment.rows for segment in segments]
        starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
        order = np.searchsorted([segment.number for segment in segments], records.segments)
        self.version = version
        self.segments = tuple(segments)
        self._ids = records.ids
        #: The row of each id in sorted order, shape (count,).
        self._by_id: Rows = starts[order] + records.rows
        #: The number of each row's record, -1 where the row is dead, shape (rows,).
        self._numbers: Rows = np.full(starts[-1], -1, dtype=np.int64)
        self._numbers[self._by_id] = records.numbers
        #: The same the other way round, in the order of the numbers, shape (count,) each.
        self._sorted_rows: Rows = self._by_id[np.argsort(records.numbers)]
        self._sorted_numbers: Rows = self._numbers[self._sorted_rows]
        self.live: Mask = _fixed(self._numbers >= 0)
        self.tiebreak: Rows = _fixed(self._places())

    @property
    def count(self) -> int:
        return len(self._ids)

    def ids(self, rows: Rows) -> list[str]:
        """The ids of live rows."""
        self._check_live(rows)
        return [self._ids[place].decode() for place in self.tiebreak[rows].tolist()]

    def rows(self, ids: Sequence[str]) -> Rows:
        """The rows of ids; -1 for an id that is not there."""
        places = np.array([self._ids.find(each) for each in ids], dtype=np.int64)
        found = np.full(len(places), -1, dtype=np.int64)
        found[places >= 0] = self._by_id[places[places >= 0]]
        return found

    def numbers(self, rows: Rows) -> list[int]:
        """The numbers of the records of live rows."""
        self._check_live(rows)
        return [int(number) for number in self._numbers[rows]]

    def mask(self, numbers: Rows) -> Mask:
        """True for the rows of records; those of other states have none here."""
        mask = np.zeros(len(self.live), dtype=np.bool_)
        if self.count:
            at = np.searchsorted(self._sorted_numbers, numbers)
            at[at == self.count] = 0
            mask[self._sorted_rows[at[self._sorted_numbers[at] == numbers]]] = True
        return _fixed(mask)

    def _places(self) -> Rows:
        places = np.empty(len(self.live), dtype=np.int64)
        places[self._by_id] = np.arange(self.count)
        places[~self.live] = np.arange(self.count, len(self.live))
        return places

    def _check_live(self, rows: Rows) -> None:
        # A row of -1, for an id that is not there, would be taken for the last one.
        if len(rows) and (rows.min() < 0 or rows.max() >= len(self.live)):
            raise IndexError(f"rows {rows.min()}..{rows.max()} of {len(self.live)}")
        if not self.live[rows].all():
            raise IndexError(f"row {rows[~self.live[rows]][0]} holds no passage any more")


def read_rows(folder: Path) -> RowTable:
    """The table of the newest committed state."""
    try:
        with closing(open_for_reading(folder)) as database:
            database.execute("BEGIN")
            version = database.execute("SELECT version FROM state").fetchone()[0]
            segments = database.execute(
                "SELECT s.number, s.rows, COUNT(p.number) FROM segments s LEFT JOIN passages p"
                " ON p.segment = s.number AND p.died IS NULL GROUP BY s.number ORDER BY s.number"
            ).fetchall()
            records = _read_records(database)
            database.execute("COMMIT")
    except sqlite3.Error as error:
        raise InputError(
            f"{folder / DATABASE}: cannot be read ({error}); restore the folder, or index the "
            "corpus again"
        ) from error
    return RowTable(version, [Segment(*segment) for segment in segments], records)


def _read_records(database: sqlite3.Connection) -> _Records:
    joined, ends = bytearray(), array("q")
    columns = array("q"), array("q"), array("q")
    found = database.execute(
        "SELECT id, number, segment, row FROM passages WHERE died IS NULL ORDER BY id"
    )
    while chunk := found.fetchmany(_CHUNK):
        ids, *numbers = zip(*chunk, strict=True)
        for passage_id in ids:
            joined += passage_id.encode()
            ends.append(len(joined))
        for column, values in zip(columns, numbers, strict=True):
            column.extend(values)
    return _Records(SortedIds(bytes(joined), ends), *map(_rows, columns))


def _rows(values: array[int]) -> Rows:
    return np.frombuffer(values, dtype=np.int64) if values else np.empty(0, np.int64)


def _fixed(values: Fixed) -> Fixed:
    """An array that no thread can change under another."""
    values.setflags(write=False)
    return values
