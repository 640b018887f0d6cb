"""A system measured from query to figure."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from acclimate.errors import InputError, UsageError
from acclimate.evaluate.evaluation import Evaluation, compare, evaluate
from acclimate.types import Hit, Judgment, Query

QUERIES = [Query("q1", "one"), Query("q2", "two"), Query("q3", "unjudged")]
JUDGMENTS = [Judgment("q1", "a", 1), Judgment("q2", "b", 1)]


class Always:
    """Answers every query with the same passages."""

    def __init__(self, name: str, passages: str) -> None:
        self.name = name
        self._passages = passages
        self.queries: list[str] = []

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        self.queries = [query.id for query in queries]
        return [
            [Hit(name, -float(i)) for i, name in enumerate(self._passages[:k])] for _ in queries
        ]


def measured(passages: str, measures: str = "RR@10 P@1") -> Evaluation:
    return evaluate(Always(passages, passages), QUERIES, JUDGMENTS, measures, corpus="tiny")


def test_evaluation_means_over_judged_queries_only() -> None:
    retriever = Always("always", "ab")
    got = evaluate(retriever, QUERIES, JUDGMENTS, "RR@10", corpus="tiny")
    assert retriever.queries == ["q1", "q2"]
    assert got.per_query == {"RR@10": {"q1": 1.0, "q2": 0.5}}
    assert got.measures["RR@10"].value == 0.75
    assert (got.measures["RR@10"].low, got.measures["RR@10"].high) == (0.5, 1.0)
    assert got.hits["q1"] == [Hit("a", 0.0), Hit("b", -1.0)]


def test_json_shape() -> None:
    assert json.loads(json.dumps(measured("ab", "P@1").as_json())) == {
        "system": "ab",
        "corpus": "tiny",
        "queries": 2,
        "measures": {"P@1": {"value": 0.5, "low": 0.0, "high": 1.0}},
    }


def test_default_measures() -> None:
    got = evaluate(Always("x", "ab"), QUERIES, JUDGMENTS)
    assert list(got.measures) == ["nDCG@10", "RR@10", "R@100"]


def test_input_is_never_changed_and_may_be_streamed() -> None:
    queries, judgments = list(QUERIES), list(JUDGMENTS)
    first = evaluate(Always("x", "ab"), queries, judgments)
    assert (queries, judgments) == (QUERIES, JUDGMENTS)
    assert evaluate(Always("x", "ab"), iter(queries), iter(judgments)) == first


def test_wrong_input_is_refused() -> None:
    with pytest.raises(InputError, match="no judgments"):
        evaluate(Always("x", "a"), QUERIES, [])
    with pytest.raises(InputError, match="1 of 3 judged queries have no text, such as 'q7'"):
        evaluate(Always("x", "a"), QUERIES, [*JUDGMENTS, Judgment("q7", "a", 1)])
    with pytest.raises(UsageError, match="R@100 looks deeper than k = 10"):
        evaluate(Always("x", "a"), QUERIES, JUDGMENTS, k=10)


def test_comparison_gives_difference_interval_and_corrected_p() -> None:
    rows = compare(measured("xab"), measured("ab"), measured("xyz"))
    assert [(row.baseline, row.system, row.measure) for row in rows] == [
        ("xab", "ab", "RR@10"),
        ("xab", "ab", "P@1"),
        ("xab", "xyz", "RR@10"),
        ("xab", "xyz", "P@1"),
    ]
    # q1 gains 1 - 1/2, q2 gains 1/2 - 1/3.
    assert rows[0].difference.value == pytest.approx((1 / 2 + 1 / 6) / 2)
    assert rows[0].p == 0.5
    assert rows[0].corrected_p == 1.0
    assert rows[2].difference.value == pytest.approx(-(1 / 2 + 1 / 3) / 2)


def test_comparison_needs_the_same_queries_and_measures() -> None:
    both, one = measured("ab"), evaluate(Always("one", "ab"), QUERIES, JUDGMENTS[:1], "RR@10")
    with pytest.raises(UsageError, match="different queries, such as 'q2'"):
        compare(both, one, measures=["RR@10"])
    with pytest.raises(UsageError, match="one was not measured by 'P@1' but by RR@10"):
        compare(both, one, measures=["P@1"])
