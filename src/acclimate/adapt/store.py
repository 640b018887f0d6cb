"""The run's own copy of the passages, on disk: read once from the user's files, then by id."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from acclimate.corpus import Corpus
from acclimate.errors import UsageError
from acclimate.runs import Run
from acclimate.types import Passage

_COLUMNS = "id, text, title, document_id, place"


@dataclass(frozen=True, slots=True)
class PassageStore:
    """Passages by row and by id; texts stay on disk, only the ids are in memory."""

    path: Path
    fingerprint: str
    ids: Sequence[str]
    #: Ids of passages whose content occurs more than once, by id.
    duplicates: Mapping[str, frozenset[str]]

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Passage]:
        with closing(_open(self.path)) as database:
            query = f"SELECT {_COLUMNS} FROM passages ORDER BY row"  # noqa: S608
            for values in database.execute(query):
                yield Passage(*values)

    def get(self, ids: Sequence[str]) -> list[Passage]:
        """The passages of those ids, in their order."""
        query = f"SELECT {_COLUMNS} FROM passages WHERE id = ?"  # noqa: S608
        with closing(_open(self.path)) as database:
            return [Passage(*database.execute(query, (wanted,)).fetchone()) for wanted in ids]

    def first(self, passage_id: str) -> str:
        """One passage of the same content, which stands for all of its copies."""
        return min(self.duplicates.get(passage_id, (passage_id,)))

    def contents(self, rows: Sequence[int]) -> list[str]:
        """What is encoded of the passages in those rows, in their order."""
        return [each.content for each in self.get([self.ids[row] for row in rows])]


def store_passages(corpus: Corpus, run: Run) -> PassageStore:
    """Copy the corpus into the run folder, under a hash of its contents.

    The corpus is read anew at every start, so that a changed file is never taken for the old one.
    """
    return _store(corpus.texts(), run)


def sampled(passages: PassageStore, run: Run, count: int, seed: int) -> PassageStore:
    """`count` passages drawn at random, as a corpus of their own (GPL paper, section 6.2).

    All of them where `count` is 0 or no fewer than there are.
    """
    if not 0 < count < len(passages):
        return passages
    chosen = set(random.Random(seed).sample(range(len(passages)), count))  # noqa: S311
    return _store((each for row, each in enumerate(passages) if row in chosen), run)


def _store(passages: Iterable[Passage], run: Run) -> PassageStore:
    scratch = run.folder / "passages.part"
    scratch.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(scratch)) as database:
            return _copy(passages, run, scratch, database)
    finally:
        scratch.unlink(missing_ok=True)  # where the corpus was refused, half of it


def _copy(
    passages: Iterable[Passage], run: Run, scratch: Path, database: sqlite3.Connection
) -> PassageStore:
    fingerprint = hashlib.sha256()
    # Nothing is kept of a copy that is cut short, so that it needs no journal.
    database.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        "CREATE TABLE passages (row INTEGER PRIMARY KEY, id TEXT UNIQUE, text TEXT, title TEXT,"
        " document_id TEXT, place TEXT, digest BLOB);"
    )
    ids: list[str] = []
    with run.progress.task("read", None) as advance:
        for row, passage in enumerate(passages):
            digest = hashlib.sha256(passage.content.encode()).digest()
            fingerprint.update(hashlib.sha256(passage.id.encode()).digest() + digest)
            ids.append(passage.id)
            database.execute(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
                (row, passage.id, passage.text, passage.title, passage.document_id, passage.place,
                 digest[:16]),
            )  # fmt: skip
            advance(1)
    database.commit()
    duplicates = _duplicates(database)
    database.close()
    name = fingerprint.hexdigest()
    path = _path(run.folder, name)
    scratch.replace(path)
    return PassageStore(path, name, ids, duplicates)


def stored_passages(run_folder: Path, fingerprint: str) -> PassageStore:
    """The copy that a run made of the corpus with this fingerprint."""
    path = _path(run_folder, fingerprint)
    if not path.exists():
        raise UsageError(f"{path} is gone; give the same adapt command again to make it anew")
    with closing(_open(path)) as database:
        ids = [row[0] for row in database.execute("SELECT id FROM passages ORDER BY row")]
        return PassageStore(path, fingerprint, ids, _duplicates(database))


def _path(folder: Path, fingerprint: str) -> Path:
    return folder / f"passages-{fingerprint[:12]}.sqlite"


def _duplicates(database: sqlite3.Connection) -> dict[str, frozenset[str]]:
    groups: dict[bytes, set[str]] = {}
    for digest, passage_id in database.execute(
        "SELECT digest, id FROM passages WHERE digest IN"
        " (SELECT digest FROM passages GROUP BY digest HAVING COUNT(*) > 1)"
    ):
        groups.setdefault(digest, set()).add(passage_id)
    return {member: frozenset(group) for group in groups.values() for member in group}


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
