"""Why each hit was found, and what of it to show."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import cast

from acclimate.engine.attribution import ScoreTexts
from acclimate.engine.contents import Contents
from acclimate.engine.deciders import decider, decides_by_pixels
from acclimate.engine.explain import explain_hit, heaviest_terms
from acclimate.engine.kinds import LEXICAL, SPARSE
from acclimate.engine.models import Models
from acclimate.engine.modes import kinds_for
from acclimate.engine.records import NO_SNIPPET, Explanation, SearchOptions, Snippet
from acclimate.engine.settings import IndexSettings
from acclimate.engine.snapshot import Snapshot
from acclimate.engine.snippets import body_start, from_matches, from_words, snippet_of
from acclimate.indexes.bm25 import LexicalLeg
from acclimate.indexes.columns import TermWeight
from acclimate.indexes.sparse import SparseLeg
from acclimate.ranking import Rows
from acclimate.types import Passage

Terms = Sequence[TermWeight]

#: What stands where the words of a picture's caption would be weighed.
A_PICTURE = "found by its picture, which the model reads whole: no word of it was weighed"


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
    contents: Contents
    mode: str
    query: str
    options: SearchOptions

    def of(self, passages: Sequence[Passage], rows: Rows) -> list[Why]:
        """One answer for each passage, in their order; `rows` are theirs."""
        if not (self.options.snippets or self.options.explain):
            return [Why(NO_SNIPPET, None)] * len(passages)
        lexical = self._terms(LEXICAL, rows)
        explanations = self._explanations(passages, rows, lexical)
        wanted = self.contents.terms(self.query)
        return [
            Why(self._snippet(passage, terms, explanation, wanted), explanation)
            for passage, terms, explanation in zip(passages, lexical, explanations, strict=True)
        ]

    def _explanations(
        self, passages: Sequence[Passage], rows: Rows, lexical: Sequence[Terms]
    ) -> Sequence[Explanation | None]:
        if not (self.options.explain and passages):
            return [None] * len(passages)
        until = time.monotonic() + (self.options.explain_seconds or inf)
        score = decider(self.settings, self.models, self.mode, self.options.rerank, self.query)
        only = self.options.explain_ids or [passage.id for passage in passages]
        return [
            self._explained(passage, terms or tokens, score)
            if passage.id in only and time.monotonic() < until
            else None
            for passage, terms, tokens in zip(
                passages, lexical, self._terms(SPARSE, rows), strict=True
            )
        ]

    def _explained(self, passage: Passage, terms: Terms, score: ScoreTexts | None) -> Explanation:
        if decides_by_pixels(self.settings, self.mode, self.options.rerank, passage):
            return Explanation(heaviest_terms(terms), note=A_PICTURE)
        return explain_hit(passage.content, terms, score)

    def _snippet(
        self,
        passage: Passage,
        terms: Terms,
        explanation: Explanation | None,
        wanted: frozenset[str],
    ) -> Snippet:
        if not self.options.snippets:
            return NO_SNIPPET
        content = self.contents(passage.content)
        matches = content.text.find(wanted)
        # Where BM25 was asked its weights say which terms matter; else they count alike.
        reasons = from_matches(matches, dict(terms) if terms else None)
        if explanation and explanation.words and not reasons:
            reasons = from_words(explanation.words)
        return snippet_of(content.layout, reasons, start=body_start(passage))

    def _terms(self, kind: str, rows: Rows) -> Sequence[Terms]:
        """What the terms of an inverted index add to rows; nothing where the mode has none."""
        if kind not in kinds_for(self.settings, self.mode) or not len(rows):
            return [()] * len(rows)
        leg = cast(LexicalLeg | SparseLeg, self.snapshot.legs[kind])
        return leg.contributions(self.query, rows)
