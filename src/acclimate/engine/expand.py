"""doc2query: queries that a passage would answer, written by a model and indexed along with it.

Nogueira and Lin 2019 (docT5query). A generator also writes queries that the passage does not
answer, and they mislead the search; doc2query-- (Gospodinov et al., ECIR 2023, arXiv 2301.03266)
lets a re-ranker score them all and keeps the best share, which makes the index smaller too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

from acclimate.engine.models import Models
from acclimate.engine.settings import IndexSettings
from acclimate.indexes.bm25 import Expander
from acclimate.models.base import PairScorer, QueryGenerator
from acclimate.models.generator import load_generator
from acclimate.runs import key_of
from acclimate.settings import GenerateSettings
from acclimate.types import Passage, Query

#: Draws the same queries for the same passages.
SEED = 42


class QueryExpander:
    """Writes `per_passage` queries for each passage; `keep` scores them, and the best `share` stay.

    `settings` are what the generator was loaded with. Without `keep` all queries stay.

    doc2query-- (section 3) takes one threshold over the whole collection, so that a passage may
    keep all of its queries or none. A collection that streams by is not scored before it is
    written, so the threshold is the one over the first passages that come together (65,536 where an
    index folder is made), and holds from then on.
    """

    def __init__(
        self,
        generator: QueryGenerator,
        settings: GenerateSettings,
        per_passage: int,
        keep: PairScorer | None,
        share: float,
        threshold: float | None = None,
    ) -> None:
        self.per_passage = per_passage
        self._generator = generator
        self._settings = settings
        self._keep = keep
        self._share = share
        #: The least score of a query that stays; None until there are scores.
        self.threshold = threshold

    @cached_property
    def identity(self) -> str:
        """The generator, how it is asked, and what filters its queries."""
        kept = (self._keep.identity, self._share) if self._keep else ()
        parts = (self._generator.identity, self._settings, self.per_passage, list(kept))
        return f"doc2query {key_of('expand', *parts)[:16]}"

    def expand(self, passages: Sequence[Passage]) -> list[list[str]]:
        """The queries for each passage, each once, in the order in which they were written."""
        written = self._generator.generate(passages, self.per_passage, SEED)
        queries = [list(dict.fromkeys(text for _, text in row if text)) for row in written]
        return self._filtered(self._keep, passages, queries) if self._keep else queries

    def _filtered(
        self, keep: PairScorer, passages: Sequence[Passage], queries: Sequence[Sequence[str]]
    ) -> list[list[str]]:
        pairs = [
            (Query(f"{place}/{number}", text), passage)
            for place, (passage, row) in enumerate(zip(passages, queries, strict=True))
            for number, text in enumerate(row)
        ]
        scores = keep.score(pairs)
        if not scores:
            return [[] for _ in queries]
        if self.threshold is None:
            self.threshold = _least_of_best(scores, self._share)
        least, each = self.threshold, iter(scores)
        return [[text for text in row if next(each) >= least] for row in queries]


def _least_of_best(scores: Sequence[float], share: float) -> float:
    """The score that the best share of all scores reaches."""
    return float(sorted(scores, reverse=True)[math.ceil(share * len(scores)) - 1])


def open_expander(settings: IndexSettings, models: Models) -> Expander:
    """The expander that an index names; its models are loaded when it first expands."""
    return _Later(settings, models)


class _Later:
    """A QueryExpander by the names of its models.

    An index that was expanded once can be searched, copied and deleted from where its generator
    is not at hand, so opening it must not ask for more than the names.
    """

    def __init__(self, settings: IndexSettings, models: Models) -> None:
        self._settings = settings
        self._models = models

    @property
    def identity(self) -> str:
        wanted = self._settings
        text = f"doc2query {wanted.expand} x{wanted.expand_queries}"
        kept = f", best {wanted.expand_keep} by {wanted.expand_filter}"
        return text + (kept if wanted.expand_filter else "")

    @property
    def threshold(self) -> float | None:
        """The least score of a query that stays; the index's own until the models are loaded."""
        is_open = "_opened" in self.__dict__
        return self._opened.threshold if is_open else self._settings.expand_threshold

    def expand(self, passages: Sequence[Passage]) -> list[list[str]]:
        """The queries to add to each passage."""
        return self._opened.expand(passages)

    @cached_property
    def _opened(self) -> QueryExpander:
        wanted = self._settings
        settings = GenerateSettings(model=wanted.expand)
        keep = self._models.labeller(wanted.expand_filter) if wanted.expand_filter else None
        return QueryExpander(
            load_generator(settings),
            settings,
            wanted.expand_queries,
            keep,
            wanted.expand_keep,
            wanted.expand_threshold,
        )
