"""Language bias: does a model prefer passages because of the language that they are in?

Measured on passages that exist in every language under the same ids, all of them in one pool
(after LAReQA, Roy et al., arXiv 2004.05484). Every version of a relevant passage is relevant. A
ranking that does not look at languages gives each of L languages a share of 1/L, at any depth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from acclimate.evaluate import measures as measuring
from acclimate.evaluate.intervals import Estimate, bootstrap, bootstrap_difference
from acclimate.models.base import Similarity, Vectors
from acclimate.models.neutral import REMEDIES, MeansByLanguage, Remedy
from acclimate.multilingual.pool import Pool
from acclimate.ranking import Rows, top
from acclimate.types import Hit, Judgment

MEASURE = "nDCG@10"
DEPTH = 10
QUERY_BLOCK = 256
AS_IS = "none"


class Values(NamedTuple):
    """One query's figures."""

    #: nDCG@10 among the passages of its own language.
    monolingual: float
    #: nDCG@10 in the pool.
    pooled: float
    #: The share of its own language among the first L hits of the pool, beyond 1/L.
    same_language: float
    #: By how many ranks the median translation of a relevant passage stands behind the version in
    #: the query's own language; the mean over its relevant passages.
    rank_gap: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over queries, with intervals; see `Values` for what each is."""

    monolingual: Estimate
    pooled: Estimate
    same_language: Estimate
    rank_gap: Estimate


@dataclass(frozen=True, slots=True)
class LanguageBias:
    """A model with one remedy, or none: each language's figures, and their mean.

    The mean's interval is over questions, as one question in twelve languages is no twelve
    questions. `change` is how far it lies above the model as it is, question by question.
    """

    remedy: str
    languages: Mapping[str, Figures]
    mean: Figures
    change: Figures | None


def measure_bias(
    pool: Pool, encoded: Mapping[str, Vectors], asked: Mapping[str, Vectors], similarity: Similarity
) -> list[LanguageBias]:
    """The model as it is, then with each remedy, fitted to the pool's passages.

    `encoded` holds each language's passage vectors, shape (passages, dimension), in the pool's
    order of ids; `asked` its query vectors, shape (queries, dimension).
    """
    fitted = MeansByLanguage()
    for language, vectors in encoded.items():
        fitted.add(vectors, [language] * len(vectors))
    means = fitted.means()
    plain = _values(pool, encoded, asked)
    found = [_summary(AS_IS, plain, None)]
    for kind in REMEDIES:
        remedy = means.remedy(kind)
        passages = _changed(encoded, remedy, similarity)
        values = _values(pool, passages, _changed(asked, remedy, similarity))
        found.append(_summary(kind, values, plain))
    return found


def _changed(
    vectors: Mapping[str, Vectors], remedy: Remedy, similarity: Similarity
) -> dict[str, Vectors]:
    return {
        language: similarity.prepare(remedy.apply(each, [language] * len(each)))
        for language, each in vectors.items()
    }


#: Language → query id → its figures.
_ByQuery = Mapping[str, Mapping[str, Values]]


def _values(pool: Pool, encoded: Mapping[str, Vectors], asked: Mapping[str, Vectors]) -> _ByQuery:
    whole = np.concatenate([encoded[language] for language in pool.languages])
    return {
        language: dict(_of_language(pool, language, whole, asked[language]))
        for language in pool.languages
    }


def _of_language(
    pool: Pool, language: str, whole: Vectors, asked: Vectors
) -> Iterator[tuple[str, Values]]:
    """One language's figures; `whole` has a row for each row of the pool."""
    own, count = pool.languages.index(language), len(pool.ids)
    depth = max(DEPTH, len(pool.languages))
    tiebreak = np.arange(len(whole))
    pooled_hits: dict[str, list[Hit]] = {}
    own_hits: dict[str, list[Hit]] = {}
    biased: dict[str, tuple[float, float]] = {}
    queries = pool.queries[language]
    for start in range(0, len(queries), QUERY_BLOCK):
        scores = asked[start : start + QUERY_BLOCK] @ whole.T
        for query, row in zip(queries[start : start + QUERY_BLOCK], scores, strict=True):
            first = top(row, tiebreak, depth)
            mine = row[own * count : (own + 1) * count]
            pooled_hits[query.id] = _hits(first[:DEPTH], row)
            own_hits[query.id] = _hits(top(mine, tiebreak[:count], DEPTH) + own * count, row)
            share = np.mean(first[: len(pool.languages)] // count == own)
            relevant = pool.relevant(language, query.id)
            gaps = [rank_gap(row.reshape(-1, count), own, passage) for passage in relevant]
            biased[query.id] = (float(share) - 1 / len(pool.languages), float(np.mean(gaps)))
    monolingual = _ndcg(own_hits, pool.judgments(language, [own]))
    pooled = _ndcg(pooled_hits, pool.judgments(language, range(len(pool.languages))))
    for query_id, (share, gap) in biased.items():
        yield query_id, Values(monolingual[query_id], pooled[query_id], share, gap)


def rank_gap(scores: Vectors, own: int, passage: int) -> float:
    """How far the median translation of a passage stands behind its version in language `own`.

    `scores` has shape (languages, passages) and is ranked as one list.
    """
    versions = scores[:, passage]
    ranks = 1 + (scores.reshape(-1)[:, np.newaxis] > versions).sum(axis=0)
    return float(np.median(np.delete(ranks, own)) - ranks[own])


def _hits(rows: Rows, scores: Vectors) -> list[Hit]:
    return [Hit(str(row), float(scores[row])) for row in rows.tolist()]


def _ndcg(hits: Mapping[str, Sequence[Hit]], judgments: Sequence[Judgment]) -> Mapping[str, float]:
    return measuring.per_query(measuring.parse(MEASURE), hits, judgments)[MEASURE]


def _summary(remedy: str, found: _ByQuery, before: _ByQuery | None) -> LanguageBias:
    languages = {language: _figures(list(values.values())) for language, values in found.items()}
    questions, change = _questions(found), None
    if before is not None:
        pairs = zip(
            zip(*_questions(before), strict=True), zip(*questions, strict=True), strict=True
        )
        change = Figures(*(bootstrap_difference(a, b) for a, b in pairs))
    return LanguageBias(remedy, languages, _figures(questions), change)


def _figures(values: Sequence[Values]) -> Figures:
    return Figures(*(bootstrap(each) for each in zip(*values, strict=True)))


def _questions(found: _ByQuery) -> list[Values]:
    """For each question, the mean of its figures over the languages that it is asked in."""
    together: defaultdict[str, list[Values]] = defaultdict(list)
    for values in found.values():
        for query_id, each in values.items():
            together[query_id].append(each)
    return [Values(*np.mean(each, axis=0).tolist()) for each in together.values()]
