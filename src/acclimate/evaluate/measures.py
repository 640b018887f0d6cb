"""Measures by their ir_measures names, for every judged query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import ir_measures

from acclimate.errors import UsageError
from acclimate.types import Hit, Judgment

DEFAULT = ("nDCG@10", "RR@10", "R@100")

# What each query got: measure → query id → value.
PerQuery = dict[str, dict[str, float]]


def parse(names: str | Iterable[str]) -> dict[str, ir_measures.Measure]:
    """Measures by the names that ir_measures gives them: `MRR@10` is filed under `RR@10`."""
    words = names.split() if isinstance(names, str) else list(names)
    measures = [_parse(word) for word in words]
    if not measures:
        raise UsageError(f"no measure asked for; name some such as {' '.join(DEFAULT)}")
    return {str(measure): measure for measure in measures}


def cutoff(measure: ir_measures.Measure, otherwise: int) -> int:
    """How deep a measure looks, or `otherwise` where it looks at every hit."""
    return int(measure.params.get("cutoff", otherwise))


def _parse(name: str) -> ir_measures.Measure:
    try:
        measure = ir_measures.parse_measure(name)
        # A wrong parameter shows only here; and trec_eval crashes on a cutoff below 1.
        measure.validate_params()  # type: ignore[no-untyped-call]
        cutoff = measure.params.get("cutoff", 1)
        known = ir_measures.DefaultPipeline.supports(measure)  # type: ignore[no-untyped-call]
    except (NameError, ValueError, KeyError, AssertionError, AttributeError, TypeError):
        known, cutoff = False, 1
    if not known or type(cutoff) is not int or cutoff < 1:
        raise UsageError(
            f"measure {name!r} is not one that ir_measures computes here; "
            f"examples: {' '.join(DEFAULT)} AP P@5"
        )
    return measure


def per_query(
    measures: Mapping[str, ir_measures.Measure],
    hits: Mapping[str, Sequence[Hit]],
    judgments: Iterable[Judgment],
) -> PerQuery:
    """Each measure's value for each judged query, in order of query id.

    A judged query without hits counts 0. The hits are taken in their given order: the tools behind
    ir_measures break equal scores each in its own way, so they see ranks instead of scores.
    """
    rows = list(judgments)
    queries = sorted({row.query_id for row in rows})
    # One of the tools reads ids as numbers, another as words without spaces: give them numbers.
    numbers = {query_id: str(number) for number, query_id in enumerate(queries, 1)}
    passages: defaultdict[str, str] = defaultdict(lambda: f"p{len(passages)}")
    qrels = [
        ir_measures.Qrel(numbers[row.query_id], passages[row.passage_id], row.grade) for row in rows
    ]
    run = [
        ir_measures.ScoredDoc(numbers[query_id], passages[hit.passage_id], float(-rank))
        for query_id in queries
        for rank, hit in enumerate(hits.get(query_id, ()))
    ]
    values: PerQuery = {name: dict.fromkeys(queries, 0.0) for name in measures}
    # Some of the tools cannot bear an empty run.
    for metric in ir_measures.iter_calc(list(measures.values()), qrels, run) if run else ():
        values[str(metric.measure)][queries[int(metric.query_id) - 1]] = float(metric.value)
    return values
