"""INDEX/texts.sqlite: its tables, and how it is opened for writing and for reading."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from acclimate.engine.facts import holds, number_of, truth_of
from acclimate.errors import InputError

DATABASE = "texts.sqlite"
#: Written into the file, so that no other database is taken for one of ours ("ACCL").
_APPLICATION = 0x4143434C
#: Seconds to wait for a lock that another process holds for a moment.
_PATIENCE = 60

# A record of `passages`, with its text and facts, never changes but for where its row lies
# (`segment`, `row`, moved by a merge) and when it died. A change of a passage is a new record, and
# the old one is kept for a while: so a snapshot is the set of its records' numbers, which no
# long transaction need hold in place.
_TABLES = """
CREATE TABLE state (version INTEGER NOT NULL, purged INTEGER NOT NULL, segment INTEGER NOT NULL);
INSERT INTO state VALUES (0, 0, 0);
CREATE TABLE commits (version INTEGER PRIMARY KEY, seconds REAL NOT NULL);
CREATE TABLE segments (number INTEGER PRIMARY KEY, rows INTEGER NOT NULL);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,
    segment INTEGER NOT NULL, row INTEGER NOT NULL, died INTEGER,
    title TEXT NOT NULL, document_id TEXT NOT NULL, place TEXT NOT NULL,
    content BLOB NOT NULL, whole BLOB NOT NULL
);
CREATE UNIQUE INDEX live_ids ON passages (id) WHERE died IS NULL;
CREATE UNIQUE INDEX live_rows ON passages (segment, row) WHERE died IS NULL;
CREATE INDEX dead ON passages (died) WHERE died IS NOT NULL;
CREATE TABLE texts (passage INTEGER PRIMARY KEY, text TEXT NOT NULL, metadata TEXT NOT NULL);
CREATE TABLE fields (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE facts (
    field INTEGER NOT NULL, passage INTEGER NOT NULL,
    text TEXT NOT NULL, number, truth INTEGER, PRIMARY KEY (field, passage)
) WITHOUT ROWID;
CREATE INDEX facts_by_text ON facts (field, text);
CREATE INDEX facts_by_number ON facts (field, number) WHERE number IS NOT NULL;
"""


# Apart, because index folders that were made before it lack it: a writer adds it for good, and a
# reader for itself.
_PICTURES = (
    "CREATE {} TABLE pictures"
    " (passage INTEGER PRIMARY KEY, path TEXT NOT NULL, thumbnail BLOB NOT NULL)"
)


def create_database(folder: Path) -> None:
    """An empty database in a folder that has none."""
    database = sqlite3.connect(folder / DATABASE, isolation_level=None)
    try:
        # Not synchronised yet: the first commit does it, before which the folder is no index.
        database.executescript(
            f"PRAGMA synchronous = OFF; PRAGMA application_id = {_APPLICATION};"
            f"PRAGMA journal_mode = WAL; BEGIN; {_TABLES} {_PICTURES.format('')}; COMMIT;"
        )
    finally:
        database.close()


def open_for_writing(folder: Path) -> sqlite3.Connection:
    """A connection whose commits are on the disk when they return."""
    database = _opened(folder, "mode=rw")
    database.execute("PRAGMA synchronous = FULL")
    # Deleted texts are overwritten in the file, not only forgotten.
    database.execute("PRAGMA secure_delete = ON")
    if not _has_pictures(database):
        database.execute(_PICTURES.format(""))
    return database


def open_for_reading(folder: Path) -> sqlite3.Connection:
    """A connection that changes nothing; threads may share it under a lock."""
    # SQLite's write-ahead log wants to make files beside the database, which a folder on a
    # read-only disk does not allow; nobody writes there, so that it may be read as it is.
    written = (folder / f"{DATABASE}-wal").exists() or os.access(folder, os.W_OK)
    database = _opened(folder, "mode=rw" if written else "mode=ro&immutable=1")
    if not _has_pictures(database):
        database.execute(_PICTURES.format("TEMP"))
    database.execute("PRAGMA query_only = ON")
    for name, function, count in (
        ("number_of", number_of, 1),
        ("truth_of", truth_of, 1),
        ("holds", holds, 2),
    ):
        database.create_function(name, count, function, deterministic=True)
    return database


def _has_pictures(database: sqlite3.Connection) -> bool:
    return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = 'pictures'").fetchall())


def _opened(folder: Path, mode: str) -> sqlite3.Connection:
    path = folder / DATABASE
    try:
        database = sqlite3.connect(
            f"{path.resolve().as_uri()}?{mode}",
            uri=True,
            timeout=_PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        made_by = database.execute("PRAGMA application_id").fetchone()[0]
    except sqlite3.Error as error:
        raise InputError(
            f"{path}: cannot be opened ({error}); restore the folder or index the corpus again"
        ) from error
    if made_by != _APPLICATION:
        database.close()
        raise InputError(f"{path}: not written by acclimate; name another folder")
    return database
