"""A small honest kind of index: how many words of a query a passage holds.

It keeps each row's words in a JSON file, merges without texts, and ranks as the protocol asks. A
`Trip` makes it fail, or have the process killed, in the middle of its work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from acclimate.indexes.base import Leg, Mask, Ranked, Scores
from acclimate.ranking import Rows, top
from acclimate.types import Passage

#: Where a folder costs no time to synchronise, for tests that do so thousands of times.
FAST = next((path for path in ("/dev/shm",) if Path(path).is_dir()), None)

#: The words of each row.
Words = list[list[str]]


@dataclass(frozen=True, slots=True)
class WordLeg:
    """Counts shared words, row by row."""

    rows: Words
    live: Mask
    tiebreak: Rows

    def search(self, queries: Sequence[str], k: int, allowed: Mask) -> list[Ranked]:
        every = np.arange(len(self.rows), dtype=np.int64)
        found = []
        for query in queries:
            scores = self.score(query, every)
            rows = np.flatnonzero((scores > 0) & allowed & self.live)
            best = rows[top(scores[rows], self.tiebreak[rows], k)]
            found.append(Ranked(best, scores[best]))
        return found

    def score(self, query: str, rows: Rows) -> Scores:
        asked = set(query.split())
        return np.array([len(asked & set(self.rows[row])) for row in rows], dtype=np.float32)


def nothing() -> None:
    """What happens in the middle of the work, if nothing does."""


@dataclass
class WordKind:
    """`trip` is called when a part is half written. `read` holds the ids of passages read."""

    name: str = "words"
    identity: str = "words 1"
    trip: Callable[[], None] = nothing
    read: list[str] = field(default_factory=list)

    def write(self, folder: Path, passages: Sequence[Passage]) -> None:
        self.read += [passage.id for passage in passages]
        self._save(folder, [sorted(set(passage.content.split())) for passage in passages])

    def merge(self, folder: Path, parts: Sequence[Path], keep: Sequence[Mask]) -> None:
        self._save(
            folder,
            [
                words
                for part, kept in zip(parts, keep, strict=True)
                for words, is_kept in zip(_load(part), kept, strict=True)
                if is_kept
            ],
        )

    def open(self, parts: Sequence[Path], live: Mask, tiebreak: Rows) -> Leg:
        assert parts, "no kind is asked to open nothing"
        rows = [words for part in parts for words in _load(part)]
        assert len(rows) == len(live) == len(tiebreak) == len(set(tiebreak.tolist()))
        return WordLeg(rows, live, tiebreak)

    def _save(self, folder: Path, rows: Words) -> None:
        assert folder.is_dir()
        assert not any(folder.iterdir())
        (folder / "half").write_bytes(b"")
        self.trip()
        (folder / "words.json").write_text(json.dumps(rows), encoding="utf-8")


def _load(part: Path) -> Words:
    rows: Words = json.loads((part / "words.json").read_text(encoding="utf-8"))
    return rows
