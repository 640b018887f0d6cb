"""The rows of a finished run, laid out so that a page of them is found at once."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from threading import Lock

import numpy as np

from acclimate.adapt.finished import Found, StoredRows, read_found, run_passages, stored_rows
from acclimate.types import GeneratedQuery, Mined, Passage

#: Bars in the picture of all margins.
BINS = 24
#: Negatives shown for a query, those nearest to the positive first.
MOST_NEGATIVES = 20
#: Characters shown of a passage.
MOST_TEXT = 1_000
# The outermost margins would squeeze all others into one bar.
_OUTER = (0.5, 99.5)


class Order(Enum):
    """How queries are sorted."""

    #: The smallest margin first: queries whose negatives may be answers too.
    DOUBTFUL = "doubtful"
    #: The largest margin first.
    CLEAR = "clear"
    #: As they were written.
    WRITTEN = "written"


_ORDER_BY = {
    Order.DOUBTFUL: "margin IS NULL, margin, row",
    Order.CLEAR: "margin DESC, row",
    Order.WRITTEN: "row",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage beside a generated query; label and margin are none where no teacher read it."""

    passage: Passage
    label: float | None
    margin: float | None
    #: The retrievers that found it; none for the positive.
    found_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryRow:
    """A generated query, its own passage, and the negatives nearest to it first."""

    id: str
    text: str
    style: str
    #: How far the positive is ahead of the best negative.
    margin: float | None
    positive: Candidate
    negatives: tuple[Candidate, ...]
    #: All of them, those that are not shown too.
    negatives_total: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the queries that a search found."""

    total: int
    rows: tuple[QueryRow, ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """How many margins lie from `low` up to `high`."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Spread:
    """All margins of a run, one for each pair of query and negative."""

    pairs: int
    #: The share of negatives that the teacher puts above the positive.
    below_zero: float
    bins: tuple[Bin, ...]


class Browser:
    """A finished run folder, open for looking. Threads may share it.

    The rows go into a database of its own when they are first asked for, which lies in the
    system's temporary files and goes with the process: a run folder is never written to.
    """

    def __init__(self, folder: Path) -> None:
        """Raises UsageError where the folder holds no finished run."""
        self.folder = folder
        self.found: Found = read_found(folder)
        self._stored: StoredRows = stored_rows(folder)
        self._passages = run_passages(folder, self.found)
        self._database: sqlite3.Connection | None = None
        self._spread: Spread | None = None
        self._lock = Lock()

    def page(self, search: str, order: Order, offset: int, limit: int) -> Page:
        """Queries whose text, or whose passage's id, contains `search` in any case."""
        with self._lock:
            database = self._laid_out()
            found = (search.casefold(),)
            total = database.execute(
                "SELECT COUNT(*) FROM queries WHERE instr(folded, ?) > 0", found
            ).fetchone()[0]
            rows = database.execute(
                "SELECT id, text, style, margin, candidates FROM queries"  # noqa: S608
                f" WHERE instr(folded, ?) > 0 ORDER BY {_ORDER_BY[order]} LIMIT ? OFFSET ?",
                (*found, limit, offset),
            ).fetchall()
        return Page(total, tuple(self._row(*row) for row in rows))

    def spread(self) -> Spread | None:
        """How the margins are spread; none where the run kept none."""
        with self._lock:
            self._laid_out()
            return self._spread

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _laid_out(self) -> sqlite3.Connection:
        if self._database is None:
            database = sqlite3.connect("", check_same_thread=False)
            database.execute(
                "CREATE TABLE queries (row INTEGER PRIMARY KEY, id TEXT, text TEXT, folded TEXT,"
                " style TEXT, margin REAL, candidates TEXT)"
            )
            margins: list[float] = []
            database.executemany(
                "INSERT INTO queries (id, text, folded, style, margin, candidates)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                _rows(self._stored, margins),
            )
            database.execute("CREATE INDEX by_margin ON queries (margin, row)")
            database.commit()
            self._spread = spread(margins)
            self._database = database
        return self._database

    def _row(
        self, query_id: str, text: str, style: str, margin: float | None, candidates: str
    ) -> QueryRow:
        ids, labels, finders = json.loads(candidates)
        shown = self._passages.get(ids[: MOST_NEGATIVES + 1])
        every = [
            Candidate(
                _cut(passage),
                label,
                None if label is None or labels[0] is None else labels[0] - label,
                tuple(found_by),
            )
            for passage, label, found_by in zip(shown, labels, finders, strict=False)
        ]
        positive = Candidate(every[0].passage, every[0].label, None)
        return QueryRow(query_id, text, style, margin, positive, tuple(every[1:]), len(ids) - 1)


def spread(margins: Sequence[float]) -> Spread | None:
    """All margins as bars of one width; what lies far outside is counted in the outermost."""
    if not margins:
        return None
    values = np.asarray(margins, dtype=np.float64)
    low, high = np.percentile(values, _OUTER)
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(np.clip(values, low, high), BINS, (low, high))
    bins = tuple(
        Bin(float(edges[nth]), float(edges[nth + 1]), int(count))
        for nth, count in enumerate(counts)
    )
    return Spread(len(values), float((values < 0).mean()), bins)


def _rows(
    stored: StoredRows, margins: list[float]
) -> Iterator[tuple[str, str, str, str, float | None, str]]:
    """Rows of the table `queries`; every margin is added to `margins` on the way."""
    queries = {query.id: query for query in stored.queries}
    labelled = {(row.query_id, row.passage_ids[0]): row for row in stored.labelled()}
    for mined in stored.mined:
        finders = _finders(mined)
        row = labelled.get((mined.query_id, mined.positive_id))
        labels: list[float | None]
        if row is None:
            ids, labels, margin = [mined.positive_id, *finders], [None] * (1 + len(finders)), None
        else:
            # Stable, so that equal ones stay in the order in which they were drawn.
            order = [0, *(1 + np.argsort(-row.values[1:], kind="stable"))]
            ids = [row.passage_ids[place] for place in order]
            labels = [_number(row.values[place]) for place in order]
            own = [float(row.values[0] - value) for value in row.values[1:]]
            margins += [each for each in own if math.isfinite(each)]
            margin = _number(min(own, default=math.nan))
        query = queries[mined.query_id]
        candidates = [ids, labels, [finders.get(passage_id, []) for passage_id in ids]]
        yield (query.id, query.text, _folded(query), query.style, margin, json.dumps(candidates))


def _finders(mined: Mined) -> Mapping[str, list[str]]:
    """The retrievers that found each negative, in their order."""
    found: dict[str, list[str]] = {}
    for name, ids in mined.negatives.items():
        for passage_id in ids:
            found.setdefault(passage_id, []).append(name)
    return found


def _folded(query: GeneratedQuery) -> str:
    return f"{query.text}\n{query.passage_id}".casefold()


def _cut(passage: Passage) -> Passage:
    if len(passage.text) <= MOST_TEXT:
        return passage
    return replace(passage, text=passage.text[:MOST_TEXT].rstrip() + " …")


def _number(value: float) -> float | None:
    """None for what is no number, which JSON does not know."""
    return float(value) if math.isfinite(value) else None
