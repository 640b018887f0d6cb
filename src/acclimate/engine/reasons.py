"""Why each hit was found, and what of it to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from acclimate.engine.attribution import ScoreTexts
from acclimate.engine.deciders import decider
from acclimate.engine.explain import explain_hit
from acclimate.engine.kinds import LEXICAL, SPARSE
from acclimate.engine.models import Models
from acclimate.engine.modes import kinds_for
from acclimate.engine.records import Explanation, SearchOptions, Snippet
from acclimate.engine.settings import IndexSettings
from acclimate.engine.snapshot import Snapshot
from acclimate.engine.snippets import best_snippet, body_start, from_matches, from_words
from acclimate.indexes.analysis import analyser
from acclimate.indexes.bm25 import LexicalLeg
from acclimate.indexes.columns import TermWeight
from acclimate.indexes.sparse import SparseLeg
from acclimate.types import Passage


@dataclass(frozen=True, slots=True)
class Why:
    """What of a passage to show, and the reasons if they were asked for."""

    snippet: Snippet
    explanation: Explanation | None


@dataclass(frozen=True, slots=True)
class Reasons:
    """Finds the reasons of one query's hits."""

    settings: IndexSettings
    models: Models
    snapshot: Snapshot
    mode: str
    query: str
    options: SearchOptions

    def of(self, passages: Sequence[Passage]) -> list[Why]:
        """One answer for each passage, in their order."""
        rows = self.snapshot.rows([passage.id for passage in passages])
        score = None
        if self.options.explain and passages:
            score = decider(self.settings, self.models, self.mode, self.options.rerank, self.query)
        wanted = frozenset(analyser(self.settings.language)(self.query))
        return [
            self._why(passage, int(row), score, wanted)
            for passage, row in zip(passages, rows, strict=True)
        ]

    def _why(
        self, passage: Passage, row: int, score: ScoreTexts | None, wanted: frozenset[str]
    ) -> Why:
        lexical = self._lexical_terms(row)
        explanation = None
        if self.options.explain:
            terms = lexical or self._sparse_terms(row)
            explanation = explain_hit(passage.content, terms, score)
        matches = analyser(self.settings.language).find(passage.content, wanted)
        # Where BM25 was asked its weights say which terms matter; else they count alike.
        reasons = from_matches(matches, dict(lexical) if lexical else None)
        if explanation and explanation.words and not reasons:
            reasons = from_words(explanation.words)
        snippet = best_snippet(passage.content, reasons, start=body_start(passage))
        return Why(snippet, explanation)

    def _lexical_terms(self, row: int) -> Sequence[TermWeight]:
        if LEXICAL not in kinds_for(self.settings, self.mode):
            return ()
        return cast(LexicalLeg, self.snapshot.legs[LEXICAL]).contributions(self.query, row)

    def _sparse_terms(self, row: int) -> Sequence[TermWeight]:
        if SPARSE not in kinds_for(self.settings, self.mode):
            return ()
        return cast(SparseLeg, self.snapshot.legs[SPARSE]).contributions(self.query, row)
