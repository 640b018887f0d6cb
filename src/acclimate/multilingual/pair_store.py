"""The run's own copy of the translations, on disk: read once from the user's files, then by row."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from acclimate.errors import InputError
from acclimate.formats.parallel import ParallelSource
from acclimate.formats.readreport import ReadReport, Reason
from acclimate.multilingual.pair_exclude import Excluded
from acclimate.runs import Run
from acclimate.types import Translation

Integers = npt.NDArray[np.int64]

_TABLES = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE sources (row INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE pairs (row INTEGER PRIMARY KEY, source INTEGER, target TEXT);
"""


@dataclass(frozen=True, slots=True)
class PairStore:
    """Translations by row; texts stay on disk, only a few numbers for each are in memory.

    languages: what is translated into, and `de-fr` where the source is not the settings' language;
    language: (pairs,), places in it; source: (pairs,), rows of the distinct source sentences.
    """

    path: Path
    fingerprint: str
    languages: Sequence[str]
    language: Integers
    source: Integers

    def __len__(self) -> int:
        return len(self.source)

    def pairs(self, rows: Iterable[int]) -> list[tuple[str, str]]:
        """Sentences and their translations, in the order of the rows."""
        query = (
            "SELECT sources.text, target FROM pairs JOIN sources ON sources.row = pairs.source "
            "WHERE pairs.row = ?"
        )
        with closing(_open(self.path)) as database:
            return [database.execute(query, (int(row),)).fetchone() for row in rows]

    def sources(self, rows: Iterable[int]) -> list[str]:
        """Source sentences by their own rows."""
        query = "SELECT text FROM sources WHERE row = ?"
        with closing(_open(self.path)) as database:
            return [database.execute(query, (int(row),)).fetchone()[0] for row in rows]


def store_pairs(
    run: Run,
    found: Sequence[ParallelSource],
    source_language: str,
    excluded: Excluded,
    report: ReadReport,
) -> PairStore:
    """Copy the translations into the run folder, each once, under a hash of them all.

    They are read anew at every start, so that a changed file is never taken for the old one.
    Raises InputError where there are none.
    """
    scratch = run.folder / "pairs.part"
    scratch.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(scratch)) as database:
            database.executescript(_TABLES)
            copy = _Copy(database, source_language)
            with run.progress.task("read", None) as advance:
                for origin in found:
                    _read(origin, copy, excluded, report)
                    advance(1)
            database.commit()
        if not copy.source:
            raise InputError(
                f"{', '.join(str(each.path) for each in found)}: no translations to learn from"
                f"{''.join(f'; {skip}' for skip in report.skips)}"
            )
        name = copy.digest.hexdigest()
        path = run.folder / f"pairs-{name[:12]}.sqlite"
        scratch.replace(path)
        return PairStore(
            path,
            name,
            list(copy.languages),
            np.array(copy.language, dtype=np.int64),
            np.array(copy.source, dtype=np.int64),
        )
    finally:
        scratch.unlink(missing_ok=True)


@dataclass(slots=True)
class _Copy:
    """What has been copied so far; texts are told apart by their hashes."""

    database: sqlite3.Connection
    source_language: str
    languages: dict[str, int] = field(default_factory=dict)
    language: list[int] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    rows_of_sources: dict[int, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def add(self, pair: Translation) -> bool:
        """False where it came before."""
        key = hash(pair)
        if key in self.seen:
            return False
        self.seen.add(key)
        self.digest.update(hashlib.sha256(repr(pair).encode()).digest())
        row = self._source_row(pair.source)
        self.database.execute(
            "INSERT INTO pairs VALUES (?, ?, ?)", (len(self.source), row, pair.target)
        )
        self.source.append(row)
        self.language.append(self.languages.setdefault(self._label(pair), len(self.languages)))
        return True

    def _source_row(self, text: str) -> int:
        known = len(self.rows_of_sources)
        row = self.rows_of_sources.setdefault(hash(text), known)
        if row == known:
            self.database.execute("INSERT INTO sources VALUES (?, ?)", (row, text))
        return row

    def _label(self, pair: Translation) -> str:
        if pair.source_language == self.source_language:
            return pair.target_language
        return f"{pair.source_language}-{pair.target_language}"


def _read(source: ParallelSource, copy: _Copy, excluded: Excluded, report: ReadReport) -> None:
    tally = report.tally(str(source.path))
    for place, pair in source.translations(tally):
        if pair in excluded:
            tally.skip(Reason.EXCLUDED_TRANSLATION, place)
        elif not copy.add(pair):
            tally.skip(Reason.REPEATED_TRANSLATION, place)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
