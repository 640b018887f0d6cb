"""Fusion by rank and by score, and above all what it must not do with weak scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from acclimate.errors import UsageError
from acclimate.search.fuse import Fused, Fusion, standardised
from acclimate.types import Hit, Query

Q = [Query("q", "")]


class Fixed:
    """A retriever that always gives the same hits, and remembers how many it was asked for."""

    def __init__(self, name: str, scores: Mapping[str, float]) -> None:
        self.name = name
        self.asked = 0
        self._hits = [
            Hit(name, score) for name, score in sorted(scores.items(), key=lambda item: -item[1])
        ]

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        self.asked = k
        return [self._hits[:k] for _ in queries]


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage_id for hit in hits]


def test_reciprocal_ranks_by_hand() -> None:
    fused = Fused(
        [Fixed("x", {"a": 9, "b": 8}), Fixed("y", {"b": 0.2, "c": 0.1})],
        method=Fusion.RECIPROCAL_RANK,
    )
    hits = fused.search(Q, 10)[0]
    assert ids(hits) == ["b", "a", "c"]
    assert hits[0].score == pytest.approx(1 / 62 + 1 / 61)
    assert hits[1].score == pytest.approx(1 / 61)


def test_standardised_scores_by_hand() -> None:
    # The list is full, so "c" counts as the lowest hit: scores 3, 1, 1 have mean 5/3.
    points, missing = standardised([Hit("a", 3), Hit("b", 1)], depth=2)
    deviation = (8 / 9) ** 0.5
    assert points["a"] == pytest.approx((3 - 5 / 3) / deviation)
    assert points["b"] == missing == pytest.approx((1 - 5 / 3) / deviation)


def test_list_that_stopped_short_saw_nothing_else() -> None:
    # One hit 0.5 of 2 asked: the others score 0, one deviation of 0.25 below the mean 0.25.
    assert standardised([Hit("a", 0.5)], depth=2) == ({"a": 1.0}, -1.0)


def test_nearly_equal_scores_are_not_stretched_into_opinions() -> None:
    # Min-max would give "noise" a full 1 and "sure" of the strong list no more than that.
    weak = {f"w{i}": 0.30000 + i * 1e-9 for i in range(10)}
    strong = {"sure": 30.0, **{f"s{i}": 10.0 - i for i in range(9)}}
    fused = Fused([Fixed("weak", weak), Fixed("strong", strong)], depth=10).search(Q, 20)[0]
    assert ids(fused)[0] == "sure"
    best_weak = max(hit.score for hit in fused if hit.passage_id.startswith("w"))
    worst_weak = min(hit.score for hit in fused if hit.passage_id.startswith("w"))
    assert best_weak - worst_weak < 1e-5


def min_max(hits: Sequence[Hit]) -> dict[str, float]:
    """The usual way to bring scores to one scale: the worst hit gets 0, the best 1."""
    low, high = min(hit.score for hit in hits), max(hit.score for hit in hits)
    return {hit.passage_id: (hit.score - low) / (high - low) for hit in hits}


def test_the_min_max_trap() -> None:
    # The strong one is sure of "right". The weak one cannot tell its hits apart: their scores
    # differ by a thousandth of their size. Its order is chance, and puts "wrong" first.
    strong = {"right": 20.0, "wrong": 13.0, **{f"s{i}": 12.0 - i for i in range(8)}}
    weak = {"wrong": 0.5005, **{f"w{i}": 0.5004 - i * 1e-5 for i in range(7)}, "right": 0.5001}
    weak["last"] = 0.5000
    retrievers = [Fixed("weak", weak), Fixed("strong", strong)]
    found = [each.search(Q, 10)[0] for each in retrievers]

    blown_up = [min_max(hits) for hits in found]
    sums = {pid: sum(points.get(pid, 0.0) for points in blown_up) for pid in ("right", "wrong")}
    # Blown up, chance has as much to say as knowledge, and here more.
    assert blown_up[0]["wrong"] - blown_up[0]["right"] > 0.79
    assert sums["wrong"] > sums["right"]

    fused = Fused(retrievers, depth=10).search(Q, 20)[0]
    scores = {hit.passage_id: hit.score for hit in fused}
    alone = standardised(found[1], depth=10)[0]
    assert ids(fused)[:2] == ["right", "wrong"]
    # The weak one takes little off the strong one's lead.
    lead = alone["right"] - alone["wrong"]
    assert scores["right"] - scores["wrong"] > 0.8 * lead > 1


def test_one_weak_hit_does_not_overrule_a_clear_winner() -> None:
    strong = {"sure": 0.9, **{f"s{i:02}": 0.3 - i / 1000 for i in range(99)}}
    for weak in ({"stray": 0.01}, {"stray": 0.02, "other": 0.01}):
        fused = Fused([Fixed("weak", weak), Fixed("strong", strong)]).search(Q, 3)[0]
        assert ids(fused)[:2] == ["sure", "stray"]


@pytest.mark.parametrize("method", list(Fusion))
def test_ties_go_by_passage_id_whatever_the_order_of_retrievers(method: Fusion) -> None:
    x, y = Fixed("x", {"b": 2, "a": 1}), Fixed("y", {"a": 2, "b": 1})
    assert ids(Fused([x, y], method=method).search(Q, 2)[0]) == ["a", "b"]
    assert ids(Fused([y, x], method=method).search(Q, 2)[0]) == ["a", "b"]


@pytest.mark.parametrize("method", list(Fusion))
def test_weights_decide_between_retrievers(method: Fusion) -> None:
    x, y = Fixed("x", {"a": 2, "b": 1}), Fixed("y", {"b": 2, "a": 1})
    assert ids(Fused([x, y], [2, 1], method).search(Q, 2)[0]) == ["a", "b"]
    assert ids(Fused([x, y], [1, 2], method).search(Q, 2)[0]) == ["b", "a"]
    assert ids(Fused([x, y], [0, 1], method).search(Q, 2)[0]) == ["b", "a"]


@pytest.mark.parametrize("method", list(Fusion))
def test_retrievers_that_find_nothing_or_differ_in_nothing(method: Fusion) -> None:
    nothing = Fixed("nothing", {})
    assert Fused([nothing, nothing], method=method).search(Q, 5) == [[]]
    equal = Fixed("equal", {"a": 0, "b": 0})
    assert ids(Fused([nothing, equal], method=method).search(Q, 5)[0]) == ["a", "b"]


def test_small_k_looks_as_deep_as_large_k() -> None:
    x = Fixed("x", {"a": 2})
    fused = Fused([x, Fixed("y", {"b": 1})])
    assert len(fused.search(Q, 1)[0]) == 1
    assert x.asked == 100
    fused.search(Q, 500)
    assert x.asked == 500
    assert fused.name == "x+y"


@pytest.mark.parametrize(
    ("count", "weights", "message"),
    [
        (0, None, "no retrievers"),
        (2, [1.0], "1 weights for 2 retrievers"),
        (2, [1.0, -1.0], "0 or more"),
        (2, [0.0, 0.0], "not all 0"),
        (1, [float("nan")], "0 or more"),
    ],
)
def test_unusable_fusions_are_refused(
    count: int, weights: list[float] | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        Fused([Fixed("x", {})] * count, weights)
