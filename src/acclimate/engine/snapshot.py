"""One committed state of an index folder, opened for searching."""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from acclimate.engine.acrosslanguages import Spoken, across_languages
from acclimate.engine.conditions import clause_of, field_counts
from acclimate.engine.manifest import check_kinds, read_manifest
from acclimate.engine.rowtable import RowTable, read_rows
from acclimate.engine.schema import DATABASE, open_for_reading
from acclimate.engine.segments import segment_folder
from acclimate.engine.settings import IndexSettings
from acclimate.errors import InputError, SnapshotGone
from acclimate.indexes.base import Kind, Leg, Mask, Ranked, Scores
from acclimate.ranking import Rows
from acclimate.types import LANGUAGE, Passage, Scalar

#: Filters whose rows are remembered; each takes a byte for every row.
REMEMBERED_FILTERS = 32
#: How often a state may be replaced while it is being opened. Each time takes a whole merge.
_ATTEMPTS = 20


class Snapshot:
    """What one commit of an index folder holds. It never changes, and threads may share it.

    Rows count through all segments in their order, dead rows included. In memory are about sixty
    bytes for each row; texts stay in the database. What readers of an old state want is kept for
    an hour: after that, `passages` and `allowed` raise SnapshotGone where they cannot answer.
    """

    def __init__(
        self,
        folder: Path,
        settings: IndexSettings,
        table: RowTable,
        legs: Mapping[str, Leg],
    ) -> None:
        self._table = table
        self._inode = _inode(folder)
        self._folder = folder
        # Two connections, so that a filter that reads every passage holds up no one's texts.
        self._texts = _Reader(folder)
        self._filters = _Reader(folder)
        self._masks = OrderedDict[str, Mask]()
        self._masks_lock = Lock()
        #: What the index is made of.
        self.settings = settings
        #: The number of the commit.
        self.version = table.version
        #: One leg for each kind that was asked for, by the kind's name.
        self.legs = legs
        #: Rows that hold a passage, shape (rows,).
        self.live: Mask = table.live
        #: The place of each row's id among the sorted ids; unique for dead rows too, (rows,).
        self.tiebreak: Rows = table.tiebreak

    @classmethod
    def open(cls, folder: Path, kinds: Sequence[Kind]) -> Snapshot:
        """Open the latest commit for these kinds; they may be fewer than the index has."""
        manifest = read_manifest(folder)
        check_kinds(folder, manifest, kinds)
        for _ in range(_ATTEMPTS):
            table = read_rows(folder)
            parts = [segment_folder(folder, segment.number) for segment in table.segments]
            try:
                legs = {kind.name: _leg(kind, parts, table) for kind in kinds}
            except Exception:
                if all(part.is_dir() for part in parts):
                    raise
            # A merge may have put another state in this one's place, and removed its files. Folders
            # vanish whole, so what is there now was there all the time.
            missing = [part for part in parts if not part.is_dir()]
            if not missing:
                return cls(folder, manifest.settings, table, legs)
            if read_rows(folder).version == table.version:
                raise InputError(
                    f"{missing[0]}: a part of the index is missing; restore the folder, or index "
                    "the corpus again"
                )
        raise InputError(f"{folder}: changes faster than it can be opened; try again")

    @property
    def count(self) -> int:
        """How many passages there are."""
        return self._table.count

    def ids(self, rows: Rows) -> list[str]:
        """The ids of live rows, in their order."""
        return self._table.ids(rows)

    def rows(self, ids: Sequence[str]) -> Rows:
        """The rows of ids, shape (len(ids),); -1 for an id that is not there."""
        return self._table.rows(ids)

    def passages(self, rows: Rows) -> list[Passage]:
        """The passages of live rows, in their order."""
        numbers = self._table.numbers(rows)
        with self._texts as database:
            found = [database.execute(_PASSAGE, (number,)).fetchone() for number in numbers]
        if None in found:
            raise self._gone()
        return [_passage(*values) for values in found]

    def thumbnail(self, row: int) -> bytes | None:
        """The small JPEG of a live row's picture; None where the passage is no picture."""
        (number,) = self._table.numbers(np.array([row]))
        query = "SELECT thumbnail FROM pictures WHERE passage = ?"
        with self._texts as database:
            found = database.execute(query, (number,)).fetchone()
        return found and bytes(found[0])

    def allowed(self, where: str) -> Mask:
        """The live rows that a filter matches, shape (rows,), read-only; all for an empty one.

        Raises UsageError where the filter cannot be read or names a field that no passage has.
        """
        if not where.strip():
            return self.live
        with self._masks_lock:
            if where in self._masks:
                self._masks.move_to_end(where)
                return self._masks[where]
        mask = self._matching(where)
        with self._masks_lock:
            self._masks[where] = mask
            while len(self._masks) > REMEMBERED_FILTERS:
                self._masks.popitem(last=False)
        return mask

    def across_languages(self, leg: str, wanted: str) -> Leg:
        """The leg of a kind, searched as SearchOptions.languages wants it."""
        if not wanted:
            return self.legs[leg]
        return across_languages(self.legs[leg], self._spoken, self.tiebreak, wanted)

    def fields(self) -> dict[str, int]:
        """The names of metadata fields, with how many passages have each."""
        return dict(self._field_counts)

    def is_current(self) -> bool:
        """Whether nothing was committed since; cheap enough to ask before every search."""
        with self._texts as database:
            version = database.execute("SELECT version FROM state").fetchone()[0]
        return bool(version == self.version) and _inode(self._folder) == self._inode

    def close(self) -> None:
        """Give back what is open; without it, that happens when nothing refers to it any more."""
        self._texts.close()
        self._filters.close()

    @cached_property
    def _field_counts(self) -> dict[str, int]:
        with self._filters as database:
            return field_counts(database)

    @cached_property
    def _spoken(self) -> Spoken:
        numbers = defaultdict[str, list[int]](list)
        for language, number in self._kept(_LANGUAGES, (LANGUAGE,)):
            numbers[language].append(number)
        masks = {name: self._table.mask(np.array(numbers[name])) for name in sorted(numbers)}
        return Spoken.of(self.live, {name: mask for name, mask in masks.items() if mask.any()})

    def _matching(self, where: str) -> Mask:
        with self._filters as database:
            clause = clause_of(where, database)
        query = f"SELECT p.number FROM passages p WHERE {clause.sql}"  # noqa: S608
        found = self._kept(query, clause.parameters)
        return self._table.mask(np.fromiter((n for (n,) in found), np.int64, len(found)))

    def _kept(self, query: str, parameters: Sequence[Scalar]) -> list[tuple[Any, ...]]:
        """Rows of the database. Raises SnapshotGone where some of this state's are gone."""
        with self._filters as database:
            found = database.execute(query, parameters).fetchall()
            purged = database.execute("SELECT purged FROM state").fetchone()[0]
        if purged > self.version:
            raise self._gone()
        return found

    def _gone(self) -> SnapshotGone:
        return SnapshotGone(
            f"{self._folder}: commit {self.version}, opened long ago, is no longer kept; "
            "open the index again"
        )


_LANGUAGES = (
    "SELECT f.text, f.passage FROM facts f JOIN fields n ON n.number = f.field WHERE n.name = ?"
)
_PASSAGE = (
    "SELECT p.id, t.text, p.title, p.document_id, p.place, t.metadata, i.path"
    " FROM passages p JOIN texts t ON t.passage = p.number"
    " LEFT JOIN pictures i ON i.passage = p.number WHERE p.number = ?"
)


def _passage(
    passage_id: str,
    text: str,
    title: str,
    document_id: str,
    place: str,
    metadata: str,
    image: str | None,
) -> Passage:
    facts = json.loads(metadata)
    return Passage(passage_id, text, title, document_id, place, facts, image or "")


class _Reader:
    """A connection that one thread uses at a time."""

    def __init__(self, folder: Path) -> None:
        self._database = open_for_reading(folder)
        self._lock = Lock()
        self.close = weakref.finalize(self, self._database.close)

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        return self._database

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class _Nothing(NamedTuple):
    """The leg of an index without rows; no kind need know that there are such."""

    def search(self, queries: Sequence[str], k: int, allowed: Mask) -> list[Ranked]:
        del k, allowed
        return [Ranked(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]

    def score(self, query: str, rows: Rows) -> Scores:
        del query
        return np.zeros(len(rows), np.float32)


def _leg(kind: Kind, parts: Sequence[Path], table: RowTable) -> Leg:
    if not parts:
        return _Nothing()
    return kind.open([part / kind.name for part in parts], table.live, table.tiebreak)


def _inode(folder: Path) -> int:
    """Tells a database from another one that has been put in its place."""
    try:
        return (folder / DATABASE).stat().st_ino
    except FileNotFoundError:
        return 0
