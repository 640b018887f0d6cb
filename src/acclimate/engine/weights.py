"""How much each retriever should count in a hybrid, learned from queries with known answers.

Half of the queries choose the weights, the other half says what they are worth; weights that do
not help there beyond chance are not used.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acclimate.errors import UsageError
from acclimate.evaluate.intervals import Estimate, bootstrap, bootstrap_difference
from acclimate.evaluate.measures import parse, per_query
from acclimate.indexes.base import Retriever
from acclimate.search.fuse import Fused, standardised
from acclimate.search.run import RunRetriever
from acclimate.types import GeneratedQuery, Hit, Judgment, Query

#: What is maximised.
MEASURE, CUT = "nDCG@10", 10
#: With fewer queries chance decides; with more the weights hardly move, and time goes on.
LEAST, MOST = 20, 2000
#: Retrievers that a grid can be laid over.
MOST_RETRIEVERS = 4
#: Steps from weight 0 to weight 1 on the coarse grid over all weights, and on the fine one around
#: the best of those.
COARSE, FINE = 10, 40

Weights = tuple[float, ...]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """One retriever: its weight (1 is an equal share), and nDCG@10 alone on the held-out half."""

    name: str
    weight: float
    alone: float


@dataclass(frozen=True, slots=True)
class LearnedWeights:
    """The weights to use, and nDCG@10 on queries that they were not learned from."""

    parts: tuple[Part, ...]
    #: Queries that chose the weights, and others that measured them.
    learned_on: int
    measured_on: int
    #: What the grid's best weights were; `parts` have them only if `kept`.
    found: Weights
    equal: Estimate
    learned: Estimate
    #: Learned less equal, query by query.
    gain: Estimate
    kept: bool

    @property
    def weights(self) -> Weights:
        """The weights to use, in the retrievers' order."""
        return tuple(part.weight for part in self.parts)

    @property
    def verdict(self) -> str:
        """What came of it, in a sentence or two."""
        by = f"{self.gain.value:+.4f} [{self.gain.low:+.4f}, {self.gain.high:+.4f}]"
        where = f"on {self.measured_on} queries that they were not learned from"
        if not self.kept:
            return (
                f"Equal weights are kept: {MEASURE} is {self.equal.value:.4f} with them, and the "
                f"learned ones change it by {by} {where}, which is no gain to rely on."
            )
        return (
            f"Learned weights are used: {MEASURE} {self.learned.value:.4f} {where}, "
            f"{by} over equal weights."
        )


def learn_weights(
    retrievers: Sequence[Retriever], queries: Iterable[Query], judgments: Iterable[Judgment]
) -> LearnedWeights:
    """Weights for `Fused` over these two to four retrievers, with standardised scores.

    The same input gives the same weights. Raises UsageError where there are too few judged queries.
    """
    if not 2 <= len(retrievers) <= MOST_RETRIEVERS:
        raise UsageError(
            f"weights for {len(retrievers)} retrievers; give 2 to {MOST_RETRIEVERS} of them"
        )
    grades = _grades(judgments)
    learn, held_out = _halves([query for query in queries if query.id in grades])
    depth = Fused(retrievers).depth
    answered = [_Answers(each.name, each.search(learn + held_out, depth)) for each in retrievers]
    cases = [
        _Case.of([each.found[row] for each in answered], grades[query.id], depth)
        for row, query in enumerate(learn)
    ]
    found = _best(cases, len(retrievers))
    return _measured(retrievers, answered, found, (learn, held_out), grades)


def from_generated(queries: Iterable[GeneratedQuery]) -> tuple[list[Query], list[Judgment]]:
    """Generated queries as queries to learn from, each with the passage that it was written for.

    They share words with their passages more often than people's queries do, so lexical search
    may come out too strong; judgments are better where there are some.
    """
    rows = list(queries)
    return (
        [Query(row.id, row.text) for row in rows],
        [Judgment(row.id, row.passage_id, 1) for row in rows],
    )


@dataclass(frozen=True, slots=True)
class _Answers:
    name: str
    found: list[list[Hit]]

    def retriever(self, queries: Sequence[Query], start: int) -> Retriever:
        """The same retriever, which gives the answers from `start` on again."""
        rows = self.found[start : start + len(queries)]
        run = {query.id: hits for query, hits in zip(queries, rows, strict=True)}
        return RunRetriever(self.name, run)


@dataclass(frozen=True, slots=True)
class _Case:
    """One query: each retriever's points for the union of their hits, and what each is worth."""

    #: Shape (retrievers, union), the union in order of id, so that a stable sort settles ties.
    points: Values
    gains: Values
    ideal: float

    @classmethod
    def of(cls, found: Sequence[Sequence[Hit]], grades: dict[str, int], depth: int) -> _Case:
        union = sorted({hit.passage_id for hits in found for hit in hits})
        rows = [standardised(hits, depth) for hits in found]
        points = [[given.get(pid, missing) for pid in union] for given, missing in rows]
        best = sorted(grades.values(), reverse=True)[:CUT]
        ideal = sum(grade / math.log2(rank + 1) for rank, grade in enumerate(best, 1))
        gains = [float(grades.get(pid, 0)) for pid in union]
        return cls(np.array(points).reshape(len(found), len(union)), np.array(gains), ideal)

    def value(self, weights: Values) -> Values:
        """nDCG@10 for each of several weightings, shape (weightings, retrievers)."""
        # Rounded, so that sums that are equal but for the order of adding are ties.
        scores = np.round(weights @ self.points, 9)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :CUT]
        discounts = 1 / np.log2(np.arange(2, order.shape[1] + 2))
        found: Values = self.gains[order] @ discounts / self.ideal
        return found


def _best(cases: Sequence[_Case], retrievers: int) -> Weights:
    """The weights of the highest mean, from a grid over all and a finer one around its best."""
    coarse = _pick(cases, np.array(list(_simplex(retrievers, COARSE))) / COARSE)
    fine = np.array(list(_simplex(retrievers, FINE))) / FINE
    near = fine[np.abs(fine - coarse).max(axis=1) <= 1 / COARSE + 1e-9]
    # As a share of an equal weight, which is what Fused takes where nothing was learned.
    return tuple(round(float(weight) * retrievers, 6) for weight in _pick(cases, near))


def _pick(cases: Sequence[_Case], weights: Values) -> Values:
    means = np.round(np.mean([case.value(weights) for case in cases], axis=0), 9)
    best = weights[means == means.max()]
    # Of several that do as well, the one closest to equal weights: it claims least.
    distance = np.round(((best - 1 / best.shape[1]) ** 2).sum(axis=1), 9)
    chosen: Values = best[np.argmin(distance)]
    return chosen


def _simplex(parts: int, total: int) -> Iterator[tuple[int, ...]]:
    """All ways to share `total` among `parts`, in order."""
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _simplex(parts - 1, total - first):
            yield (first, *rest)


def _measured(
    retrievers: Sequence[Retriever],
    answered: Sequence[_Answers],
    found: Weights,
    halves: tuple[list[Query], list[Query]],
    grades: dict[str, dict[str, int]],
) -> LearnedWeights:
    """What the weights are worth on the held-out half, as any system is measured."""
    learn, held_out = halves
    judged = [
        Judgment(query.id, passage_id, grade)
        for query in held_out
        for passage_id, grade in grades[query.id].items()
    ]

    def values(retriever: Retriever) -> list[float]:
        hits = retriever.search(held_out, CUT)
        rows = {query.id: row for query, row in zip(held_out, hits, strict=True)}
        return list(per_query(parse(MEASURE), rows, judged)[MEASURE].values())

    parts = [each.retriever(held_out, len(learn)) for each in answered]
    equal, learned = values(Fused(parts)), values(Fused(parts, found))
    gain = bootstrap_difference(equal, learned)
    # As in adapt's verdict: a gain that chance alone may have made is none.
    kept = gain.low > 0
    chosen = found if kept else (1.0,) * len(retrievers)
    return LearnedWeights(
        parts=tuple(
            Part(part.name, weight, sum(values(part)) / len(held_out))
            for part, weight in zip(parts, chosen, strict=True)
        ),
        learned_on=len(learn),
        measured_on=len(held_out),
        found=found,
        equal=bootstrap(equal),
        learned=bootstrap(learned),
        gain=gain,
        kept=kept,
    )


def _grades(judgments: Iterable[Judgment]) -> dict[str, dict[str, int]]:
    """The relevant passages of each query that has some, with their grades."""
    found: dict[str, dict[str, int]] = {}
    for row in judgments:
        if row.grade > 0:
            found.setdefault(row.query_id, {})[row.passage_id] = row.grade
    return found


def _halves(queries: Sequence[Query]) -> tuple[list[Query], list[Query]]:
    if len(queries) < LEAST:
        raise UsageError(
            f"{len(queries)} queries with a relevant passage are too few to learn weights from; "
            f"give at least {LEAST}, or keep equal weights"
        )
    # Shuffled by id, so that neither the file's order nor a topic's place in it decides.
    order = sorted(queries, key=lambda query: query.id)
    random.Random(0).shuffle(order)  # noqa: S311
    drawn = order[:MOST]
    return drawn[::2], drawn[1::2]
