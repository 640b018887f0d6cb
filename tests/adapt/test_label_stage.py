from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from acclimate.adapt.label import Labelled, candidates, combine, labels
from acclimate.settings import LabelSettings
from acclimate.types import Margin, Mined, Score

MINED = [
    Mined(f"q{number}", "p", {"student": tuple("abcdef"), "bm25": tuple("efghij")})
    for number in range(20)
]


def array(*values: Sequence[float]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array(values, dtype=np.float32)


def test_negatives_are_drawn_from_all_retrievers_without_repetition() -> None:
    drawn = list(candidates(MINED, 4, seed=1))
    for row, (query_id, positive, *negatives) in zip(MINED, drawn, strict=True):
        assert (query_id, positive) == (row.query_id, "p")
        assert len(set(negatives)) == 4
    assert {pid for row in drawn for pid in row[2:]} == set("abcdefghij")


def test_all_negatives_come_where_fewer_were_mined_than_asked_for() -> None:
    [row] = candidates(MINED[:1], 99, seed=1)
    assert sorted(row[2:]) == list("abcdefghij")


def test_draw_is_the_same_for_the_same_seed_and_whatever_other_queries_there_are() -> None:
    whole = list(candidates(MINED, 4, seed=1))
    assert list(candidates(MINED, 4, seed=1)) == whole
    assert list(candidates(MINED[7:8], 4, seed=1)) == whole[7:8]
    assert list(candidates(MINED, 4, seed=2)) != whole


def test_passages_of_the_topic_all_come_along_once() -> None:
    mined = Mined("q", "p", {"student": ("a", "b", "c"), "topic-0": ("c", "x"), "topic-1": ("x",)})
    [row] = candidates([mined], 1, seed=1)
    assert row[2] in ("a", "b")
    assert row[3:] == ("c", "x")


def test_one_teacher_keeps_its_raw_scale() -> None:
    np.testing.assert_array_equal(combine(array([7.5, -3, 0])), [7.5, -3, 0])


def test_several_teachers_weigh_alike_whatever_their_scales() -> None:
    one, other = [0.0, 1, 2, 3], [300.0, 100, 200, 0]
    expected = combine(array(one, [3.0, 1, 2, 0]))
    np.testing.assert_allclose(combine(array(one, other)), expected, atol=1e-5)


def test_teacher_that_says_the_same_of_all_adds_nothing() -> None:
    telling = [0.0, 1, 2, 5]
    alone = combine(array(telling, telling), [1, 0])
    for constant in (0.0, 0.1, 12345.678):
        np.testing.assert_allclose(combine(array(telling, [constant] * 4)), alone, rtol=1e-5)


def test_weights_decide_who_is_heard() -> None:
    up, down = [0.0, 1, 2], [2.0, 1, 0]
    assert combine(array(up, down), [2, 1])[2] > 0 > combine(array(up, down), [1, 2])[2]
    np.testing.assert_allclose(combine(array(up, down), [1, 1]), 0, atol=1e-6)


def test_scores_in_any_order_find_their_candidates() -> None:
    mined = [Mined("q", "p", {"student": ("a", "b")}), Mined("r", "b", {"student": ("p", "c")})]
    values = {("q", "p"): 1.0, ("q", "a"): -2, ("q", "b"): 3, ("r", "b"): 4, ("r", "p"): 5,
              ("r", "c"): 6.5}  # fmt: skip
    scores = [Score(*pair, value) for pair, value in reversed(values.items())]
    found = labels(mined, [scores], LabelSettings(negatives=2), seed=1)
    assert [row.query_id for row in found] == ["q", "r"]
    for row in found:
        expected = [values[row.query_id, passage_id] for passage_id in row.passage_ids]
        assert row.values.tolist() == expected


def test_query_of_several_passages_shares_the_scores_of_its_negatives() -> None:
    mined = [Mined("q", positive, {"student": ("a",)}) for positive in ("p", "r")]
    scores = [Score("q", "p", 3.0), Score("q", "a", 1.0), Score("q", "r", 0.5)]
    found = labels(mined, [scores], LabelSettings(), seed=1)
    assert [row.values.tolist() for row in found] == [[3.0, 1.0], [0.5, 1.0]]


def test_margins_are_signed_differences() -> None:
    row = Labelled("q", ("p", "a", "b"), np.array([1.0, -2.5, 4.0], dtype=np.float32))
    assert list(row.margins()) == [Margin("q", "p", "a", 3.5), Margin("q", "p", "b", -3.0)]


@pytest.mark.parametrize("weights", [(), (1.0, 3.0)])
def test_each_query_is_standardised_by_itself(weights: tuple[float, ...]) -> None:
    mined = [Mined("q", "p", {"s": ("a", "b")}), Mined("r", "p", {"s": ("a", "b")})]
    teacher = [Score("q", pid, value) for pid, value in (("p", 1.0), ("a", 2), ("b", 4))]
    teacher += [Score("r", pid, 100 * value) for pid, value in (("p", 1.0), ("a", 2), ("b", 4))]
    [q, r] = labels(mined, [teacher, teacher], LabelSettings(weights=weights), seed=1)
    by_id = [dict(zip(row.passage_ids, row.values.tolist(), strict=True)) for row in (q, r)]
    assert by_id[0] == pytest.approx(by_id[1], rel=1e-5)


def test_source_passage_is_raised_by_its_bonus() -> None:
    mined = [Mined("q", "p", {"bm25": ("a", "b")})]
    scores = [Score("q", "p", 1.0), Score("q", "a", 3.0), Score("q", "b", 2.0)]
    plain = labels(mined, [scores], LabelSettings(), seed=1)[0].values
    raised = labels(mined, [scores], LabelSettings(source_bonus=1.5), seed=1)[0].values
    np.testing.assert_allclose(raised - plain, [1.5, 0, 0])


def test_bonus_of_summed_teachers_is_counted_in_their_deviation() -> None:
    mined = [Mined("q", "p", {"bm25": ("a", "b")})]
    scores = [Score("q", "p", 10.0), Score("q", "a", 30.0), Score("q", "b", 20.0)]
    plain = labels(mined, [scores, scores], LabelSettings(), seed=1)[0].values
    raised = labels(mined, [scores, scores], LabelSettings(source_bonus=1.0), seed=1)[0].values
    np.testing.assert_allclose(raised - plain, [plain.std(), 0, 0], rtol=1e-5)
