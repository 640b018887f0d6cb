"""Measures against values worked out by hand."""

from __future__ import annotations

from math import log2

import pytest

from acclimate.errors import UsageError
from acclimate.evaluate.measures import DEFAULT, parse, per_query
from acclimate.types import Hit, Judgment

JUDGMENTS = [
    Judgment("q1", "a", 2),
    Judgment("q1", "b", 1),
    Judgment("q1", "z", 0),
    Judgment("q2", "a", 1),
]


def values(
    names: str, hits: dict[str, list[Hit]], judgments: list[Judgment] = JUDGMENTS
) -> dict[str, dict[str, float]]:
    return per_query(parse(names), hits, judgments)


def test_default_measures_by_hand() -> None:
    hits = {"q1": [Hit("x", 3.0), Hit("a", 2.0), Hit("b", 1.0)]}
    got = values(" ".join(DEFAULT), hits)
    gain, ideal = 2 / log2(3) + 1 / log2(4), 2 + 1 / log2(3)
    assert got["nDCG@10"]["q1"] == pytest.approx(gain / ideal)
    assert got["RR@10"]["q1"] == 0.5
    assert got["R@100"]["q1"] == 1.0


def test_judged_query_without_hits_counts_zero() -> None:
    assert values("nDCG@10", {"q1": [Hit("a", 1.0)]})["nDCG@10"]["q2"] == 0.0
    assert values("nDCG@10 RR@10", {}) == {
        "nDCG@10": {"q1": 0.0, "q2": 0.0},
        "RR@10": {"q1": 0.0, "q2": 0.0},
    }


def test_unjudged_queries_are_left_out() -> None:
    assert values("P@1", {"q9": [Hit("a", 1.0)]})["P@1"].keys() == {"q1", "q2"}


@pytest.mark.parametrize("order", ["xa", "ax"])
def test_equal_scores_are_measured_in_the_order_given(order: str) -> None:
    got = values("nDCG@10 RR@10 RR AP P@1", {"q2": [Hit(name, 1.0) for name in order]})
    rank = order.index("a") + 1
    assert got["nDCG@10"]["q2"] == pytest.approx(1 / log2(rank + 1))
    assert got["RR@10"]["q2"] == got["RR"]["q2"] == got["AP"]["q2"] == 1 / rank
    assert got["P@1"]["q2"] == (rank == 1)


def test_ids_may_hold_spaces_and_letters() -> None:
    judgments = [Judgment("my query", "a passage", 1)]
    got = values("nDCG@10 ERR@20", {"my query": [Hit("a passage", 1.0)]}, judgments)
    assert got["nDCG@10"] == {"my query": 1.0}
    assert got["ERR@20"]["my query"] > 0


def test_measures_go_by_their_ir_measures_names() -> None:
    assert list(parse("MRR@10 NDCG@5 Recall@20")) == ["RR@10", "nDCG@5", "R@20"]


@pytest.mark.parametrize(
    "name", ["foo", "nDCG@", "nDCG@x", "nDCG@0", "R", "R@-1", "P@1.5", "nDCG(cutof=1)", "f()"]
)
def test_unusable_measures_are_refused_with_examples(name: str) -> None:
    with pytest.raises(UsageError, match="nDCG@10 RR@10 R@100"):
        parse(["nDCG@10", name])


def test_no_measure_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="no measure"):
        parse("")
