"""What the before/after measurement says, in the order and the words that every view uses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from acclimate.adapt.result import Adaptation, BeforeAfter
from acclimate.evaluate.evaluation import Comparison, Evaluation
from acclimate.evaluate.intervals import Estimate

FAVOURITE = "nDCG@10"
SIGNIFICANT = 0.05
UNKNOWN = Estimate(math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class System:
    """One of the five systems measured, with the name that people know it by."""

    role: str
    evaluation: Evaluation

    def estimate(self, measure: str) -> Estimate:
        """Its mean by this measure; unknown where it was not measured by it."""
        return self.evaluation.measures.get(measure, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Difference:
    """A comparison between two of the systems, and what it amounts to."""

    baseline: str
    system: str
    comparison: Comparison

    @property
    def reading(self) -> str:
        """Better or worse only where the interval and the corrected p both say so."""
        difference = self.comparison.difference
        sure = self.comparison.corrected_p < SIGNIFICANT
        if sure and difference.low > 0:
            return "better"
        if sure and difference.high < 0:
            return "worse"
        return "may be chance"


@dataclass(frozen=True, slots=True)
class Change:
    """One query's value before and after."""

    query: str
    before: float
    after: float

    @property
    def difference(self) -> float:
        """How much the query gained."""
        return self.after - self.before


def systems(measured: BeforeAfter) -> list[System]:
    """All five, from the plainest to the one with everything in it."""
    return [
        System("BM25, words only", measured.bm25),
        System("model before", measured.before),
        System("model after", measured.after),
        System("BM25 + model before", measured.fused_before),
        System("BM25 + model after", measured.fused_after),
    ]


def measures(measured: BeforeAfter) -> list[str]:
    """Every measure that any of the systems has."""
    return list(dict.fromkeys(name for s in systems(measured) for name in s.evaluation.measures))


def headline(measured: BeforeAfter) -> str:
    """The measure that short answers are given in: the one compared; empty where there is none."""
    pair = (measured.before.system, measured.after.system)
    compared = [c.measure for c in measured.comparisons if (c.baseline, c.system) == pair]
    names = measures(measured)
    if FAVOURITE in compared or (FAVOURITE in names and not compared):
        return FAVOURITE
    return next(iter(compared + names), "")


def differences(measured: BeforeAfter) -> list[Difference]:
    """Every comparison made, with the systems' names as people know them."""
    roles: dict[str, str] = {}
    for system in systems(measured):
        roles.setdefault(system.evaluation.system, system.role)
    return [
        Difference(roles.get(c.baseline, c.baseline), roles.get(c.system, c.system), c)
        for c in measured.comparisons
    ]


def main_difference(measured: BeforeAfter) -> Difference | None:
    """Model after against model before by the headline measure, where it was compared."""
    for each in differences(measured):
        found = (each.comparison.baseline, each.comparison.system, each.comparison.measure)
        if found == (measured.before.system, measured.after.system, headline(measured)):
            return each
    return None


def changes(measured: BeforeAfter, texts: Mapping[str, str]) -> list[Change]:
    """Each query before and after by the headline measure, the biggest gain first."""
    before = measured.before.per_query.get(headline(measured), {})
    after = measured.after.per_query.get(headline(measured), {})
    rows = [
        Change(texts.get(query_id, query_id), before[query_id], after[query_id])
        for query_id in before
        if query_id in after and math.isfinite(before[query_id] + after[query_id])
    ]
    return sorted(rows, key=lambda row: -row.difference)


def by_people(measured: BeforeAfter) -> bool:
    """Whether people judged, and not the teacher."""
    return measured.labels == "judgments"


def evidence(result: Adaptation) -> list[BeforeAfter]:
    """What was measured, people's judgments first: they are the stronger evidence."""
    return [result.judged, result.label_free] if result.judged else [result.label_free]


def keeps_original(result: Adaptation) -> bool:
    """Whether the recommendation leaves the adapted model out."""
    return str(result.model) not in result.recommended
