"""Exact search must equal the definition: dot product, best first, equal scores by passage id."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acclimate.errors import InputError, UsageError
from acclimate.indexes import exact
from acclimate.indexes.dense import ExactIndex, encode_corpus
from acclimate.models.base import Similarity, Vectors
from acclimate.types import Passage, Query


class Numbers:
    """An encoder of texts that are already vectors: "1 0.5"."""

    name = "numbers"
    identity = "numbers-1"
    similarity = Similarity.DOT

    def __init__(self, dimension: int = 2) -> None:
        self.dimension = dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.array([text.split() for text in texts], dtype=np.float32)

    encode_passages = encode_queries


@pytest.fixture
def tiny_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "ROW_BLOCK", 5)
    monkeypatch.setattr(exact, "QUERY_BLOCK", 2)
    monkeypatch.setattr(exact, "SPARE", 1)


def brute_force(
    vectors: Vectors, ids: list[str], query: Vectors, k: int
) -> list[tuple[str, np.float32]]:
    scores = [np.float32(np.sum(row.astype(np.float64) * query)) for row in vectors]
    ranked = sorted(zip(ids, scores, strict=True), key=lambda pair: (-pair[1], pair[0]))
    return ranked[:k]


@pytest.mark.usefixtures("tiny_blocks")
def test_blockwise_search_equals_brute_force_with_ties() -> None:
    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        count = data.draw(st.integers(1, 23))
        k = data.draw(st.integers(1, 30))
        half = data.draw(st.booleans())
        # Few different values, so that whole rows and scores repeat often.
        cells = st.sampled_from([-1.0, 0.0, 0.1, 0.3, 1.0])
        rows = st.lists(cells, min_size=3, max_size=3)
        drawn = data.draw(st.lists(rows, min_size=count, max_size=count))
        vectors = np.array(drawn, dtype=np.float32)
        stored = vectors.astype(np.float16) if half else vectors
        ids = data.draw(st.permutations([str(number) for number in range(count)]))
        queries = np.array(data.draw(st.lists(rows, min_size=1, max_size=5)), dtype=np.float32)
        index = ExactIndex(Numbers(3), ids, stored)
        found, scores = index.search_vectors(queries, k)
        for query, row, score in zip(queries, found, scores, strict=True):
            expected = brute_force(stored.astype(np.float32), list(ids), query, k)
            assert [(ids[r], s) for r, s in zip(row, score, strict=True)] == expected

    check()


def test_copies_of_a_passage_rank_by_id_wherever_they_lie() -> None:
    rng = np.random.default_rng(7)
    one = rng.normal(size=(1, 384)).astype(np.float32)
    others = rng.normal(size=(40_000, 384)).astype(np.float32) * 0.1
    copies = rng.choice(40_000, size=200, replace=False)
    others[copies] = one
    ids = [f"{number:05}" for number in range(40_000)]
    rows, scores = ExactIndex(Numbers(384), ids, others).search_vectors(one, 10)
    assert rows[0].tolist() == sorted(copies.tolist())[:10]
    assert len(set(scores[0].tolist())) == 1


def test_scores_do_not_depend_on_the_company_of_other_queries() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(300, 64)).astype(np.float32)
    queries = rng.normal(size=(7, 64)).astype(np.float32)
    index = ExactIndex(Numbers(64), [str(i) for i in range(300)], vectors)
    rows, scores = index.search_vectors(queries, 20)
    for i in range(7):
        alone = index.search_vectors(queries[i : i + 1], 20)
        assert (rows[i] == alone[0][0]).all()
        assert (scores[i] == alone[1][0]).all()


def test_k_beyond_the_corpus_gives_the_whole_corpus() -> None:
    index = ExactIndex(Numbers(), ["b", "a"], np.array([[1, 0], [1, 0]], dtype=np.float32))
    hits = index.search([Query("q", "1 0"), Query("r", "-1 0")], k=10)
    assert [[hit.passage_id for hit in found] for found in hits] == [["a", "b"], ["a", "b"]]
    assert hits[0][0].score == 1.0
    assert index.search([], k=10) == []


def test_encode_corpus_streams_in_chunks_into_a_mapped_file(tmp_path: Path) -> None:
    passages = (Passage(str(i), f"{i} {i / 2}") for i in range(25))
    ids, vectors = encode_corpus(Numbers(), passages, tmp_path / "v.npy", chunk=4)
    assert ids == [str(i) for i in range(25)]
    assert isinstance(vectors, np.memmap)
    assert vectors.dtype == np.float32
    assert vectors[24].tolist() == [24.0, 12.0]
    assert [path.name for path in tmp_path.iterdir()] == ["v.npy"]
    assert ExactIndex(Numbers(), ids, vectors).search([Query("q", "1 1")], 1)[0][0].score == 36.0


def test_encode_corpus_halves_when_asked(tmp_path: Path) -> None:
    _, vectors = encode_corpus(Numbers(), [Passage("a", "1 2")], tmp_path / "v.npy", half=True)
    assert vectors.dtype == np.float16


def test_broken_off_encoding_leaves_no_finished_file(tmp_path: Path) -> None:
    passages = [Passage("a", "1 2"), Passage("b", "not numbers")]
    with pytest.raises(ValueError, match="could not convert"):
        encode_corpus(Numbers(), passages, tmp_path / "v.npy", chunk=1)
    assert not (tmp_path / "v.npy").exists()


def test_refusals_name_the_place_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no passages to encode"):
        encode_corpus(Numbers(), [], tmp_path / "v.npy")
    with pytest.raises(UsageError, match=r"shape \(1, 3\) for 1 passages of 2 dimensions"):
        ExactIndex(Numbers(), ["a"], np.zeros((1, 3), dtype=np.float32))
    with pytest.raises(InputError, match="'a' occurs twice"):
        ExactIndex(Numbers(), ["a", "a"], np.zeros((2, 2), dtype=np.float32))
    broken = ExactIndex(Numbers(), ["a", "b"], np.array([[0, 0], [0, np.nan]], dtype=np.float32))
    with pytest.raises(UsageError, match="'b' \\(row 2, by numbers\\) is not finite"):
        broken.search([Query("q", "1 1")], 1)
    with pytest.raises(UsageError, match="k is 0"):
        broken.search([Query("q", "1 1")], 0)
