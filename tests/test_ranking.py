"""The order of everything that ranks, against sorting all of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from acclimate.ranking import top, top_found

# Few different scores, so that most are equal to others.
SCORES = st.lists(st.integers(0, 3), min_size=1, max_size=30)


@given(SCORES, st.integers(1, 40))
def test_the_best_are_those_of_the_whole_order(scores: list[int], k: int) -> None:
    tiebreak = np.random.default_rng(len(scores) + k).permutation(len(scores))
    whole = sorted(range(len(scores)), key=lambda row: (-scores[row], tiebreak[row]))
    given_scores = np.asarray(scores, dtype=np.float32)
    assert top(given_scores, tiebreak, k).tolist() == whole[:k]
    found = [row for row in whole if scores[row] > 0]
    assert top_found(given_scores, tiebreak, k).tolist() == found[:k]
