"""The files of one part of the lexical index: terms, how often they occur, and added queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from acclimate.indexes.base import Mask
from acclimate.indexes.lines import Lines, write_lines
from acclimate.indexes.postings import Postings, Source, merge
from acclimate.indexes.vocabulary import Vocabulary, united

#: Texts that are counted at a time; only their counts stay in memory.
TEXTS = 4096

_EXPANSIONS = "expansions.jsonl"


@dataclass(frozen=True, slots=True)
class LexicalPart:
    """Columns of `postings` are the terms in their order; `expansions` where there are any."""

    vocabulary: Vocabulary
    postings: Postings
    expansions: Lines | None

    @classmethod
    def open(cls, folder: Path) -> LexicalPart:
        """By memory map."""
        path = folder / _EXPANSIONS
        return cls(
            Vocabulary.open(folder),
            Postings.open(folder),
            Lines.open(path) if path.exists() else None,
        )

    @property
    def rows(self) -> int:
        return len(self.postings.lengths)


def write_part(
    folder: Path, texts: Iterable[Sequence[str]], analyse: Callable[[str], list[str]]
) -> None:
    """Write a part; each row has one text or more, whose words count together."""
    words = (list(chain.from_iterable(map(analyse, row))) for row in texts)
    counted = [_counted([])]  # so that a part of no rows has files too
    while block := list(islice(words, TEXTS)):
        counted.append(_counted(block))
    _write(folder, [(*one, np.ones(len(one[1].lengths), dtype=np.bool_)) for one in counted])


def write_expansions(folder: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write what was added to each row, for people to see and for merges to keep."""
    write_lines(folder / _EXPANSIONS, rows)


def merge_parts(folder: Path, parts: Sequence[LexicalPart], keep: Sequence[Mask]) -> None:
    """Write one part out of the kept rows of several."""
    _write(
        folder,
        [
            (part.vocabulary.terms(), part.postings, mask)
            for part, mask in zip(parts, keep, strict=True)
        ],
    )
    if any(part.expansions for part in parts):
        kept = (
            part.expansions[row] if part.expansions else ()
            for part, mask in zip(parts, keep, strict=True)
            for row in np.flatnonzero(mask).tolist()
        )
        write_expansions(folder, kept)


def _write(folder: Path, given: Sequence[tuple[list[str], Postings, Mask]]) -> None:
    kept = [postings.kept(keep) for _, postings, keep in given]
    terms, places = united([names for names, _, _ in given], kept)
    Vocabulary.of(terms).save(folder)
    sources = [
        Source(postings, place, counts, keep)
        for (_, postings, keep), place, counts in zip(given, places, kept, strict=True)
    ]
    merge(folder, sources, len(terms))


def _counted(rows: Sequence[Sequence[str]]) -> tuple[list[str], Postings]:
    """The sorted terms of some rows, and how often each occurs in each row."""
    terms = sorted(set(chain.from_iterable(rows)))
    place = {term: number for number, term in enumerate(terms)}
    lengths = np.fromiter(map(len, rows), np.int32, len(rows))
    columns = np.fromiter((place[term] for row in rows for term in row), np.int64)
    cells = columns * max(1, len(rows)) + np.repeat(np.arange(len(rows)), lengths)
    cells, counts = np.unique(cells, return_counts=True)
    column, row = np.divmod(cells, max(1, len(rows)))
    # The smallest type that holds every count: nearly always one byte.
    values = counts.astype(np.min_scalar_type(int(counts.max(initial=0))))
    return terms, Postings.of(column, row.astype(np.int32), values, lengths)
