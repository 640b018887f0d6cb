"""Why a passage was found: BM25's terms, and the words that carried a model's score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from acclimate.engine.attribution import ScoreTexts, word_weights
from acclimate.engine.records import Explanation, TermWeight
from acclimate.models.base import Encoder, PairScorer
from acclimate.types import Passage, Query


def explain_hit(
    content: str,
    contributions: Iterable[tuple[str, float]] = (),
    score: ScoreTexts | None = None,
) -> Explanation:
    """The explanation of one hit.

    `contributions` are the terms of the lexical or learned sparse leg, where the mode used one.
    `score` is the last model that decided over the hit: the re-ranker if there is one, else the
    encoder; None where BM25 alone decided.
    """
    return Explanation(
        terms=heaviest_terms(contributions),
        words=word_weights(content, score) if score else (),
    )


def heaviest_terms(contributions: Iterable[tuple[str, float]]) -> tuple[TermWeight, ...]:
    """Terms that added something to a score, the heaviest first, equal ones by name."""
    added = [TermWeight(term, float(weight)) for term, weight in contributions if weight]
    return tuple(sorted(added, key=lambda each: (-each.weight, each.term)))


def by_encoder(encoder: Encoder, query: str) -> ScoreTexts:
    """How near texts are to a query for a bi-encoder."""
    vector = encoder.encode_queries([query])[0]

    def score(texts: Sequence[str]) -> Sequence[float]:
        return [float(each) for each in encoder.encode_passages(texts) @ vector]

    return score


def by_reranker(scorer: PairScorer, query: str) -> ScoreTexts:
    """How well texts answer a query for a model that reads both together."""
    asked = Query("query", query)

    def score(texts: Sequence[str]) -> Sequence[float]:
        return scorer.score([(asked, Passage("variant", text)) for text in texts])

    return score
