"""BM25 over the parts of an index folder (Lucene's variant of the formula, as in bm25s).

Parts hold counts. What depends on the collection as a whole - how many passages have a term, how
many passages there are, how long they are on average - is taken from the live rows of all parts
together when they are opened. So any history of adding, deleting and merging gives the scores of
an index that was built at once, to the last bit; and k1 and b can change without a new index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from acclimate.indexes.analysers import TextAnalyser, new_analyser
from acclimate.indexes.analysis import Match
from acclimate.indexes.base import Mask, Ranked, Scores
from acclimate.indexes.bm25part import LexicalPart, merge_parts, write_expansions, write_part
from acclimate.indexes.bm25terms import Repeated, Statistics, Term
from acclimate.indexes.columns import Parts, TermWeight, contributions_of, scores_of
from acclimate.indexes.kept import Kept
from acclimate.indexes.lexical import LexicalSettings
from acclimate.indexes.maxscore import Field, Reading, best
from acclimate.ranking import Rows
from acclimate.types import Passage

#: Weights computed for searched terms are kept, up to so many (64 MiB).
KEPT_WEIGHTS = 1 << 24
# What a kept term costs besides its weights, in their number.
_COST_OF_A_TERM = 256

_FORMAT = "postings-1"


class Expander(Protocol):
    """Writes queries that are indexed with a passage (doc2query)."""

    @property
    def identity(self) -> str:
        """Changes whenever the same passages would get other queries."""
        ...

    @property
    def threshold(self) -> float | None:
        """The least score of a query that is added; None where nothing is scored, or not yet."""
        ...

    def expand(self, passages: Sequence[Passage]) -> list[list[str]]:
        """The queries to add to each passage, in their order; none is fine."""
        ...


class LexicalKind:
    """A Kind: how passages become a part of the lexical index, and how parts are opened."""

    name = "lexical"

    def __init__(self, settings: LexicalSettings, expand: Expander | None = None) -> None:
        self._settings = settings
        self._expand = expand
        self._analyse = new_analyser(settings.language)

    @property
    def identity(self) -> str:
        """The analyser and the expander; k1 and b are not written, so they may change."""
        added = f", {self._expand.identity}" if self._expand else ""
        return f"{_FORMAT} {self._analyse.identity}{added}"

    @property
    def threshold(self) -> float | None:
        """The expander's; None where there is none."""
        return self._expand.threshold if self._expand else None

    def write(self, folder: Path, passages: Sequence[Passage]) -> None:
        """Write a new part over passages and, where there is an expander, its queries for them."""
        contents = (passage.content for passage in passages)
        if self._expand is None:
            write_part(folder, ((content,) for content in contents), self._analyse)
            return
        added = self._expand.expand(passages)
        texts = ((content, *more) for content, more in zip(contents, added, strict=True))
        write_part(folder, texts, self._analyse)
        write_expansions(folder, added)

    def merge(self, folder: Path, parts: Sequence[Path], keep: Sequence[Mask]) -> None:
        """Write one part out of the kept rows of several, with what was added to them."""
        merge_parts(folder, [LexicalPart.open(part) for part in parts], keep)

    def open(self, parts: Sequence[Path], live: Mask, tiebreak: Rows) -> LexicalLeg:
        """Open parts by memory map."""
        opened = [LexicalPart.open(part) for part in parts]
        return LexicalLeg(self._settings, self._analyse, opened, live, tiebreak)


class LexicalLeg:
    """A Leg over lexical parts. Only rows that share a term with the query are found."""

    def __init__(
        self,
        settings: LexicalSettings,
        analyse: TextAnalyser,
        parts: Sequence[LexicalPart],
        live: Mask,
        tiebreak: Rows,
    ) -> None:
        self._analyse = analyse
        self._parts = parts
        self._rows = Parts([part.rows for part in parts], live, tiebreak)
        self._terms: Kept[str, Term | None] = Kept(
            Statistics(settings, parts, self._rows).term, _cost, KEPT_WEIGHTS
        )

    def search(self, queries: Sequence[str], k: int, allowed: Mask) -> list[Ranked]:
        """The best k allowed rows that share a term with each query."""
        where = Field(allowed & self._rows.live, k)
        return [best(self._columns(query), where, self._rows.tiebreak)[0] for query in queries]

    def reading(self, queries: Sequence[str], k: int, allowed: Mask) -> Reading:
        """How many postings such a search touches for all queries, of how many."""
        where = Field(allowed & self._rows.live, k)
        found = (best(self._columns(query), where, self._rows.tiebreak) for query in queries)
        return sum((reading for _, reading in found), Reading(0, 0))

    def score(self, query: str, rows: Rows) -> Scores:
        """The scores of chosen rows in any order, equal to those of `search` in every bit."""
        return scores_of(self._columns(query), rows, len(self._rows.live))

    def contributions(self, query: str, rows: Rows) -> list[tuple[TermWeight, ...]]:
        """What each of the query's terms adds to the scores of rows, the weightiest first.

        They sum to the score, but for rounding; terms that a row does not have are left out.
        """
        columns = [(each.name, each) for each in self._columns(query)]
        return contributions_of(columns, rows, len(self._rows.live))

    def matches(self, query: str, text: str) -> list[Match]:
        """Where the terms of a query stand in a text, in order; they may overlap."""
        return self._analyse.find(text, frozenset(self._analyse(query)))

    def expansion(self, row: int) -> tuple[str, ...]:
        """The queries that were indexed with a row; none where the index was not expanded."""
        for part, (start, stop) in zip(self._parts, self._rows.spans, strict=True):
            if start <= row < stop:
                return part.expansions[row - start] if part.expansions else ()
        raise IndexError(f"row {row} of {len(self._rows.live)}")

    def _columns(self, query: str) -> list[Term | Repeated]:
        """The query's terms that the index has, the rarest first."""
        found: list[Term | Repeated] = []
        for name, times in Counter(self._analyse(query)).items():
            term = self._terms(name)
            if term is not None:
                found.append(term if times == 1 else Repeated(term, times))
        # An order that the parts have no say in, so that sums round alike however it is split.
        return sorted(found, key=lambda column: (-column.weight, column.name))


def _cost(term: Term | None) -> int:
    return _COST_OF_A_TERM + (term.size if term else 0)
