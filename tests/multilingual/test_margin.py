from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from acclimate.models.base import Similarity, Vectors
from acclimate.multilingual.margin import Pairs, candidates, one_to_one, ratio_margins
from acclimate.multilingual.nearest import Nearest, nearest
from acclimate.multilingual.threshold import best_threshold, quality


def unit(*rows: Sequence[float]) -> Vectors:
    return Similarity.COSINE.prepare(np.array(rows, dtype=np.float32))


def test_ratio_margin_is_the_cosine_over_the_mean_of_both_neighbourhoods() -> None:
    # x has the cosines .8 and .4 with y0 and y1 (mean .6); y0 has the mean .7, y1 the mean .2.
    forward = Nearest(np.array([[0, 1]]), np.array([[0.8, 0.4]], np.float32))
    backward = Nearest(np.array([[0, 1], [0, 1]]), np.array([[0.8, 0.6], [0.4, 0]], np.float32))
    margins = ratio_margins(forward, backward)
    np.testing.assert_allclose(margins, [[0.8 / 0.65, 0.4 / 0.4]], rtol=1e-6)


def test_neighbourhood_without_nearness_gives_no_margin() -> None:
    away = Nearest(np.array([[0]]), np.array([[-0.5]], np.float32))
    assert ratio_margins(away, away).tolist() == [[0]]


def test_best_partner_of_each_side_by_margin_and_not_by_cosine(tmp_path: Path) -> None:
    # y1 is a hub: it lies near to every x, so that its pairs have small margins.
    source = unit((1, 0, 0), (0, 1, 0), (0, 0, 1))
    target = unit((1, 0.9, 0.9), (1, 1, 1), (0.2, 0.2, 1))
    cosines = source @ target.T
    x, y = cosines.mean(axis=1), cosines.mean(axis=0)
    margins = cosines / ((x[:, np.newaxis] + y) / 2)
    expected = {(i, int(margins[i].argmax())) for i in range(3)}
    expected |= {(int(margins[:, j].argmax()), j) for j in range(3)}
    found = candidates(source, target, 3, tmp_path)
    assert {*zip(found.source.tolist(), found.target.tolist(), strict=True)} == expected
    np.testing.assert_allclose(found.scores, margins[found.source, found.target], rtol=1e-5)
    assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)


def test_each_row_is_taken_once_from_the_best_pair_down_and_refused_pairs_free_their_rows() -> None:
    rows = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 2])
    pairs = Pairs(*rows, np.array([1.5, 1.4, 1.3, 1.2, 1.1], np.float32))
    kept = one_to_one(pairs, lambda x, y: False)
    assert [*zip(kept.source.tolist(), kept.target.tolist(), strict=True)] == [
        (0, 0), (1, 1), (2, 2),
    ]  # fmt: skip
    kept = one_to_one(pairs, lambda x, y: (x, y) == (0, 0))
    assert [*zip(kept.source.tolist(), kept.target.tolist(), strict=True)] == [
        (0, 1), (1, 0), (2, 2),
    ]  # fmt: skip


def test_graph_finds_what_comparing_all_finds(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    asked, among = (unit(*draw.normal(size=(count, 16))) for count in (40, 300))
    exact = nearest(asked, among, 4, tmp_path)
    walked = nearest(asked, among, 4, tmp_path, exact_below=10)
    assert np.mean(exact.rows == walked.rows) > 0.95
    assert list(tmp_path.iterdir()) == []


def test_fewer_rows_than_neighbours_are_all_taken(tmp_path: Path) -> None:
    found = nearest(unit((1, 0), (0, 1)), unit((1, 0)), 4, tmp_path)
    assert found.rows.tolist() == [[0], [0]]


def test_best_threshold_lies_between_the_last_pair_taken_and_the_next() -> None:
    scores = np.array([1.4, 1.3, 1.2, 1.1], np.float32)
    correct = np.array([True, True, False, True])
    # With 4 gold pairs F1 is 2/5, 4/6, 4/7, 6/8: all are taken.
    assert best_threshold(scores, correct, 4) == pytest.approx(1.1)
    # With 2 gold pairs left to find it is 2/3, 4/4, 4/5, 4/6: two are taken.
    assert best_threshold(scores, np.array([True, True, False, False]), 2) == pytest.approx(1.25)


def test_no_threshold_parts_equal_scores() -> None:
    scores = np.array([1.4, 1.4, 1.2], np.float32)
    assert best_threshold(scores, np.array([True, False, False]), 1) == pytest.approx(1.3)


def test_quality_counts_what_reaches_the_threshold() -> None:
    found = quality(np.array([1.4, 1.3, 1.2], np.float32), np.array([True, False, True]), 4, 1.25)
    assert (found.precision, found.recall) == (0.5, 0.25)
    assert found.f1 == pytest.approx(1 / 3)
    nothing = quality(np.zeros(0, np.float32), np.zeros(0, np.bool_), 0, 1.0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (0, 0, 0)
