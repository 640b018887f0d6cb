"""The search that skips finds what reading everything finds, in every bit."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.errors import UsageError
from acclimate.indexes import maxscore
from acclimate.indexes.base import Mask, Ranked
from acclimate.indexes.maxscore import Reading
from acclimate.indexes.sparse import SparseKind, SparseLeg
from acclimate.ranking import Rows, top
from acclimate.types import Passage
from sparse_toys import WrittenWeights

Weights = dict[int, float]

# Few values, so that ties are common, and some of very different size.
WEIGHT = st.sampled_from([0.5, 1.0, 1.5, 3.0]) | st.floats(2**-20, 2**6, width=32)
VECTOR = st.dictionaries(st.integers(0, 9), WEIGHT, max_size=6)


def written(vector: Weights) -> str:
    return " ".join(f"{token}:{weight!r}" for token, weight in vector.items())


def leg(folder: Path, parts: list[list[Weights]], live: Mask, tiebreak: Rows) -> SparseLeg:
    kind, folders = SparseKind(WrittenWeights()), []
    for number, part in enumerate(parts):
        folders.append(folder / str(number))
        folders[-1].mkdir()
        kind.write(folders[-1], [Passage(f"{i}", written(v)) for i, v in enumerate(part)])
    return kind.open(folders, live, tiebreak)


def read_all(index: SparseLeg, query: str, k: int, allowed: Mask, tiebreak: Rows) -> Ranked:
    """The scores of all rows, cut to those that may be found."""
    scores = index.score(query, np.arange(len(allowed)))
    rows = np.flatnonzero(allowed & (scores > 0))
    rows = rows[top(scores[rows], tiebreak[rows], k)]
    return Ranked(rows, scores[rows])


@given(
    parts=st.lists(st.lists(VECTOR, max_size=12), max_size=3),
    query=VECTOR,
    k=st.integers(1, 8),
    lookup=st.sampled_from([0, 1, 8, 10**6]),
    step=st.sampled_from([-(10**6), 0, 10]),
    groups=st.sampled_from([1, 4, 256]),
    data=st.data(),
)
def test_skipping_changes_nothing(
    parts: list[list[Weights]],
    query: Weights,
    k: int,
    lookup: int,
    step: int,
    groups: int,
    data: st.DataObject,
) -> None:
    vectors = [vector for part in parts for vector in part]
    masks = st.lists(st.booleans(), min_size=len(vectors), max_size=len(vectors))
    live = np.array(data.draw(masks), dtype=np.bool_)
    allowed = np.array(data.draw(masks), dtype=np.bool_)
    order = data.draw(st.permutations(range(len(vectors))))
    tiebreak = np.array(order, dtype=np.int64)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(maxscore, "LOOKUP", lookup)
        patch.setattr(maxscore, "STEP", step)
        patch.setattr(maxscore, "GROUPS", groups)
        index = leg(Path(folder), parts, live, tiebreak)
        found = index.search([written(query)], k, allowed)[0]
        expected = read_all(index, written(query), k, allowed & live, tiebreak)
    assert found.rows.tolist() == expected.rows.tolist()
    assert found.scores.tolist() == expected.scores.tolist()
    for row, score in zip(*found, strict=True):
        exact = sum(weight * vectors[row].get(token, 0) for token, weight in query.items())
        assert score == pytest.approx(exact, rel=1e-5)


def test_common_terms_are_not_read_where_rare_ones_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maxscore, "STEP", 0)
    # Ten rows have the rare token 1, all have the light token 2.
    vectors = [{1: 5.0 + row, 2: 0.01} if row < 10 else {2: 0.01} for row in range(2000)]
    every = np.ones(2000, dtype=np.bool_)
    index = leg(tmp_path, [vectors[:1200], vectors[1200:]], every, np.arange(2000))
    asked = written({1: 1.0, 2: 1.0})
    assert index.search([asked], 5, every)[0].rows.tolist() == [9, 8, 7, 6, 5]
    assert index.reading([asked], 5, every) == Reading(read=10 + 5, exhaustive=2010)


def test_few_allowed_rows_are_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maxscore, "STEP", 0)
    vectors = [{1: 1.0 + row / 1000, 2: 1.0} for row in range(1000)]
    index = leg(tmp_path, [vectors], np.ones(1000, dtype=np.bool_), np.arange(1000))
    allowed = np.zeros(1000, dtype=np.bool_)
    allowed[[3, 500, 7]] = True
    asked = written({1: 1.0, 2: 1.0})
    assert index.search([asked], 10, allowed)[0].rows.tolist() == [500, 7, 3]
    assert index.reading([asked], 10, allowed).read == 6


@pytest.mark.parametrize("k", [0, -1])
def test_no_hits_cannot_be_asked_for(tmp_path: Path, k: int) -> None:
    index = leg(tmp_path, [[{1: 1.0}]], np.ones(1, dtype=np.bool_), np.arange(1))
    with pytest.raises(UsageError, match=f"k is {k}"):
        index.search(["1:1"], k, np.ones(1, dtype=np.bool_))
