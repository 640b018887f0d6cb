"""What a writer does in INDEX/texts.sqlite: find, keep and bury passages, in one transaction."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from acclimate.engine import schema
from acclimate.engine.facts import OWN, number_of, text_of, truth_of
from acclimate.engine.segments import Segment
from acclimate.indexes.base import Mask
from acclimate.pictures.read import picture_digest
from acclimate.pictures.thumbnail import make_thumbnail
from acclimate.types import Passage

#: Seconds for which dead passages are kept, for readers that have not opened the newer state.
KEEP_DEAD = 3600.0


class Place(NamedTuple):
    """Where a passage's row lies."""

    segment: int
    row: int


class Digests(NamedTuple):
    """What tells two versions of a passage apart: what models read of it, and all of it."""

    content: bytes
    whole: bytes


class Known(NamedTuple):
    """What the index has under an id."""

    number: int
    place: Place
    digests: Digests


def digests_of(passage: Passage) -> Digests:
    """Hashes of a passage's content, and of everything that the index keeps of it."""
    content = [passage.title, passage.text]
    if passage.image:
        content.append(picture_digest(passage.image))
    whole = [*content, passage.document_id, passage.place, dict(passage.metadata)]
    if passage.image:
        whole.append(passage.image)
    return Digests(_digest(content), _digest(whole))


def _digest(value: object) -> bytes:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()[:16]


class Store:
    """The database, for the one writer. Everything between `begin` and `commit` counts at once."""

    def __init__(self, folder: Path) -> None:
        self._database = schema.open_for_writing(folder)
        self._run = self._database.execute
        #: The number of the commit in the making (0: none was begun), and of each field's name.
        self._version = 0
        self._fields: dict[str, int] = {}

    def close(self) -> None:
        """Let go of the database, and bring the write-ahead log back to nothing."""
        # Readers keep the file open, so that SQLite does not do so by itself. Nothing is lost where
        # one of them, or the disk, does not let it happen now.
        with suppress(sqlite3.Error):
            self._run("PRAGMA wal_checkpoint(TRUNCATE)")
        self._database.close()

    def begin(self) -> None:
        """Begin a change. Ids marked by an earlier one are forgotten."""
        self._version = 0
        self._run("BEGIN IMMEDIATE")
        self._version = int(self._one("SELECT version FROM state")) + 1
        self._fields = dict(self._run("SELECT name, number FROM fields"))
        self._run("CREATE TEMP TABLE marked (id TEXT PRIMARY KEY) WITHOUT ROWID")

    def commit(self) -> None:
        """Make the change count. What has been dead for long is removed along with it."""
        self._remove_dead()
        self._run("UPDATE state SET version = ?", (self._version,))
        self._run("INSERT INTO commits VALUES (?, ?)", (self._version, time.time()))
        self._run("DROP TABLE marked")
        self._run("COMMIT")

    def roll_back(self) -> None:
        """Forget the change."""
        if self._database.in_transaction:  # SQLite may have done so itself, on a full disk
            self._run("ROLLBACK")

    def is_committed(self) -> bool:
        """Whether the change that was begun last counts."""
        return 0 < self._version == int(self._one("SELECT version FROM state"))

    def mark(self, passage_id: str) -> bool:
        """Remember an id for the length of this change; false if it was marked already."""
        return self._run("INSERT OR IGNORE INTO marked VALUES (?)", (passage_id,)).rowcount == 1

    def find(self, passage_id: str) -> Known | None:
        """The live passage of an id."""
        found = self._run(
            "SELECT number, segment, row, content, whole FROM passages"
            " WHERE id = ? AND died IS NULL",
            (passage_id,),
        ).fetchone()
        return found and Known(found[0], Place(*found[1:3]), Digests(*found[3:]))

    def bury(self, number: int) -> None:
        """Have a passage be dead from this commit on."""
        self._run("UPDATE passages SET died = ? WHERE number = ?", (self._version, number))

    def bury_unmarked(self) -> int:
        """Bury every passage whose id was not marked; returns how many."""
        return self._run(
            "UPDATE passages SET died = ? WHERE died IS NULL AND id NOT IN marked",
            (self._version,),
        ).rowcount

    def keep(self, passage: Passage, place: Place, digests: Digests) -> None:
        """Add a passage, whose id must not be live."""
        number = self._run(
            "INSERT INTO passages (id, segment, row, title, document_id, place, content, whole)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (passage.id, *place, passage.title, passage.document_id, passage.place, *digests),
        ).lastrowid
        if passage.image:
            small = make_thumbnail(passage.image)
            self._run("INSERT INTO pictures VALUES (?, ?, ?)", (number, passage.image, small))
        metadata = json.dumps(dict(passage.metadata), ensure_ascii=False, allow_nan=False)
        self._run("INSERT INTO texts VALUES (?, ?, ?)", (number, passage.text, metadata))
        facts = [
            (self._field(key), number, text_of(value), number_of(value), truth_of(value))
            for key, value in passage.metadata.items()
            # The passage's own field goes before a metadata key of its name.
            if not (key in OWN and getattr(passage, key))
        ]
        self._database.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?)", facts)

    def new_segment(self, rows: int) -> int:
        """The number of a new segment; no number is ever used twice, so no reader mixes them up."""
        self._run("UPDATE state SET segment = segment + 1")
        number = int(self._one("SELECT segment FROM state"))
        self._run("INSERT INTO segments VALUES (?, ?)", (number, rows))
        return number

    def segments(self) -> list[Segment]:
        """All segments in their order."""
        return [
            Segment(*row)
            for row in self._run(
                "SELECT s.number, s.rows, (SELECT COUNT(*) FROM passages p"
                " WHERE p.segment = s.number AND p.died IS NULL) FROM segments s ORDER BY s.number"
            )
        ]

    def live_rows(self, segment: Segment) -> Mask:
        """Which rows of a segment hold a passage."""
        mask = np.zeros(segment.rows, dtype=np.bool_)
        query = "SELECT row FROM passages WHERE segment = ? AND died IS NULL"
        mask[[row for (row,) in self._run(query, (segment.number,))]] = True
        return mask

    def move(self, segments: Sequence[Segment], to: int) -> None:
        """Have the live rows of segments, in their order, be the rows of another one."""
        row = 0
        for segment in segments:
            numbers = self._run(
                "SELECT number FROM passages WHERE segment = ? AND died IS NULL ORDER BY row",
                (segment.number,),
            ).fetchall()
            self._database.executemany(
                "UPDATE passages SET segment = ?, row = ? WHERE number = ?",
                ((to, place, number) for place, (number,) in enumerate(numbers, row)),
            )
            row += len(numbers)
        self.drop(segment.number for segment in segments)

    def drop(self, segments: Iterable[int]) -> None:
        """Have the index name these segments no more."""
        self._database.executemany(
            "DELETE FROM segments WHERE number = ?", ((number,) for number in segments)
        )

    def _field(self, name: str) -> int:
        if name not in self._fields:
            added = self._run("INSERT INTO fields (name) VALUES (?)", (name,))
            self._fields[name] = int(added.lastrowid or 0)
        return self._fields[name]

    def _remove_dead(self) -> None:
        """Remove what died so long ago that only a reader of an old state could want it."""
        old = self._one(
            "SELECT MAX(version) FROM commits WHERE seconds < ?", (time.time() - KEEP_DEAD,)
        )
        if old is None:
            return
        dead = [(n,) for (n,) in self._run("SELECT number FROM passages WHERE died <= ?", (old,))]
        if dead:
            self._run("UPDATE state SET purged = ?", (old,))
            delete = "DELETE FROM facts WHERE field IN (SELECT number FROM fields) AND passage = ?"
            self._database.executemany(delete, dead)
            self._database.executemany("DELETE FROM texts WHERE passage = ?", dead)
            self._database.executemany("DELETE FROM pictures WHERE passage = ?", dead)
            self._database.executemany("DELETE FROM passages WHERE number = ?", dead)
        self._run("DELETE FROM commits WHERE version <= ?", (old,))

    def _one(self, query: str, parameters: tuple[float, ...] = ()) -> Any:
        return self._run(query, parameters).fetchone()[0]
