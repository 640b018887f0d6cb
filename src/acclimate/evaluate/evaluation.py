"""A system measured on a corpus, and systems measured against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from acclimate.errors import InputError, UsageError
from acclimate.evaluate import measures as measuring
from acclimate.evaluate.intervals import Estimate, bootstrap, bootstrap_difference
from acclimate.evaluate.significance import holm, randomisation_test
from acclimate.indexes.base import Retriever
from acclimate.types import Hit, Judgment, Query

#: Query id → what it stands and falls with.
Units = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One system's quality on one corpus; `queries` counts the judged ones.

    `per_query` holds measure → query id → value, `hits` the judged queries' results. `flops`, where
    learned sparse search was measured, is what it multiplies for a query and a passage.
    """

    system: str
    corpus: str
    queries: int
    measures: Mapping[str, Estimate]
    per_query: Mapping[str, Mapping[str, float]]
    hits: Mapping[str, Sequence[Hit]]
    flops: float | None = None

    def as_json(self) -> dict[str, Any]:
        """What `--json` shows: the means and their intervals."""
        value: dict[str, Any] = {
            "system": self.system,
            "corpus": self.corpus,
            "queries": self.queries,
            "measures": {name: asdict(estimate) for name, estimate in self.measures.items()},
        }
        return value if self.flops is None else value | {"flops": round(self.flops, 3)}


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much better `system` is than `baseline` by one measure.

    `p` is of the paired randomisation test; `corrected_p` allows (Holm) for every comparison made
    together with this one.
    """

    baseline: str
    system: str
    measure: str
    difference: Estimate
    p: float
    corrected_p: float


def evaluate(
    retriever: Retriever,
    queries: Iterable[Query],
    judgments: Iterable[Judgment],
    measures: str | Iterable[str] = measuring.DEFAULT,
    k: int = 100,
    corpus: str = "",
    seed: int = 0,
) -> Evaluation:
    """Search k hits for every judged query and measure them.

    Queries without judgments are left out, as in trec_eval; judged queries without hits count 0.
    """
    parsed = measuring.parse(measures)
    for name, measure in parsed.items():
        if measuring.cutoff(measure, k) > k:
            raise UsageError(f"measure {name} looks deeper than k = {k}; raise k to its cutoff")
    judged = tuple(judgments)
    asked = _judged_queries(queries, judged)
    hits = dict(zip((query.id for query in asked), retriever.search(asked, k), strict=True))
    return summarise(retriever.name, hits, judged, parsed, corpus, seed)


def summarise(
    system: str,
    hits: Mapping[str, Sequence[Hit]],
    judgments: Iterable[Judgment],
    measures: Mapping[str, Any],
    corpus: str = "",
    seed: int = 0,
    units: Units | None = None,
) -> Evaluation:
    """Measure hits that are already there; `measures` as `measures.parse` returns them.

    `units` says by its id what each query stands and falls with, where not by itself.
    """
    values = measuring.per_query(measures, hits, judgments)
    estimates = {
        name: bootstrap(list(each.values()), seed, units=_units(each, units))
        for name, each in values.items()
    }
    count = len(next(iter(values.values())))
    return Evaluation(system, corpus, count, estimates, values, hits)


def compare(
    baseline: Evaluation,
    *systems: Evaluation,
    measures: Iterable[str] = (),
    seed: int = 0,
    units: Units | None = None,
) -> list[Comparison]:
    """Each system against the baseline by each measure (or all that the baseline has).

    All must have been measured on the same judged queries; `units` as in `summarise`.
    """
    names = list(measures) or list(baseline.measures)
    pairs = [
        (system, name, *_paired(baseline, system, name)) for system in systems for name in names
    ]
    alike = [_units(baseline.per_query[name], units) for _, name, _, _ in pairs]
    p_values = [
        randomisation_test(before, after, seed, units=each)
        for (_, _, before, after), each in zip(pairs, alike, strict=True)
    ]
    differences = [
        bootstrap_difference(before, after, seed, units=each)
        for (_, _, before, after), each in zip(pairs, alike, strict=True)
    ]
    return [
        Comparison(baseline.system, system.system, name, difference, p, q)
        for (system, name, _, _), difference, p, q in zip(
            pairs, differences, p_values, holm(p_values), strict=True
        )
    ]


def _units(queries: Iterable[str], units: Units | None) -> list[str] | None:
    return [units[query_id] for query_id in queries] if units else None


def _judged_queries(queries: Iterable[Query], judged: Sequence[Judgment]) -> list[Query]:
    wanted = {judgment.query_id for judgment in judged}
    asked = [query for query in queries if query.id in wanted]
    lacking = sorted(wanted - {query.id for query in asked})
    if not wanted:
        raise InputError("no judgments, so nothing to measure; check the judgments file")
    if lacking:
        raise InputError(
            f"{len(lacking)} of {len(wanted)} judged queries have no text, such as {lacking[0]!r}; "
            "give the queries file that belongs to these judgments"
        )
    return asked


def _paired(a: Evaluation, b: Evaluation, measure: str) -> tuple[list[float], list[float]]:
    for each in (a, b):
        if measure not in each.per_query:
            raise UsageError(
                f"{each.system} was not measured by {measure!r} but by {', '.join(each.per_query)}"
            )
    before, after = a.per_query[measure], b.per_query[measure]
    if before.keys() != after.keys():
        only = sorted(before.keys() ^ after.keys())
        raise UsageError(
            f"{a.system} and {b.system} were measured on different queries, such as {only[0]!r}; "
            "evaluate both with the same judgments"
        )
    return list(before.values()), [after[query_id] for query_id in before]
