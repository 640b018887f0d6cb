"""Vectors that a run keeps: of passages, shard by shard, and of the queries it generated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import tiny

from acclimate.adapt import vectors as vectors_module
from acclimate.adapt.tools import Tools
from acclimate.adapt.vectors import Asked, KeptQueries
from acclimate.models.base import Similarity, Vectors
from acclimate.models.remembered import RememberedQueries
from acclimate.progress import Silent
from acclimate.runs import Run
from acclimate.types import GeneratedQuery
from toys import Toys


@pytest.fixture
def tools(toy: Toys, tmp_path: Path) -> Iterator[Tools]:
    corpus = tiny.corpus(tmp_path / "corpus")
    with tiny.tools(corpus, tmp_path / "out", tiny.recipe(toy)) as opened:
        yield opened


@dataclass
class Counting:
    """An encoder whose vectors are the lengths of texts; it dies at a certain batch."""

    dies_at: int = -1
    batches: list[list[str]] = field(default_factory=list)
    name: str = "counting"
    identity: str = "counting"
    similarity: Similarity = Similarity.DOT
    dimension: int = 2

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if len(self.batches) == self.dies_at:
            raise KeyboardInterrupt
        self.batches.append(list(texts))
        return np.array([[len(text), ord(text[0])] for text in texts], dtype=np.float32)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode_passages(texts).reshape(-1, 2)


def test_encoding_goes_on_from_the_last_shard(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors_module, "SHARD", 10)
    with pytest.raises(KeyboardInterrupt):
        tools.index(Counting(dies_at=2))
    resumed = Counting()
    vectors = tools.index(resumed).vectors
    assert [len(batch) for batch in resumed.batches] == [5]
    contents = [passage.content for passage in tools.passages]
    np.testing.assert_array_equal(vectors, Counting().encode_passages(contents))


def test_finished_vectors_are_read_and_not_made(tools: Tools) -> None:
    first = tools.index(Counting()).vectors
    again = Counting(dies_at=0)
    np.testing.assert_array_equal(tools.index(again).vectors, first)
    assert again.batches == []


def test_query_is_encoded_once_however_often_it_is_asked() -> None:
    encoder = Counting()
    remembered = RememberedQueries(encoder, most=3)
    np.testing.assert_array_equal(remembered.encode_queries(["a", "bb", "a"])[:, 0], [1, 2, 1])
    np.testing.assert_array_equal(remembered.encode_queries(["bb", "ccc"])[:, 0], [2, 3])
    assert encoder.batches == [["a", "bb"], ["ccc"]]
    np.testing.assert_array_equal(remembered.encode_queries(["dddd", "a"])[:, 0], [4, 1])
    assert remembered.encode_queries([]).shape == (0, 2)


# Generated queries.

WRITTEN = ["one", "four", "seventeen", "two", "one"]


def asked(texts: Sequence[str] = WRITTEN, key: str = "k") -> Asked:
    return Asked.by([GeneratedQuery(f"{n}", text, "p", "") for n, text in enumerate(texts)], key)


def kept(encoder: Counting, folder: Path, known: Asked) -> KeptQueries:
    with Run(folder, Silent()) as run:
        opened = KeptQueries(encoder, run, lambda: known)
        assert encoder.batches == []  # nothing is encoded before it is asked for
        return opened


def test_generated_queries_are_encoded_in_the_same_batches_whichever_is_asked_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors_module, "SHARD", 3)
    early, late = Counting(), Counting()
    from_the_start = kept(early, tmp_path / "early", asked())
    from_the_start.encode_queries(["one", "four"])
    found = from_the_start.encode_queries(["two", "seventeen", "two"])
    np.testing.assert_array_equal(found[:, 0], [3, 9, 3])
    kept(late, tmp_path / "late", asked()).encode_queries(["two"])
    assert early.batches == late.batches == [["one", "four", "seventeen"], ["two"]]
    files = [folder / "stages" for folder in (tmp_path / "early", tmp_path / "late")]
    first, second = [next(each.glob("query-vectors-*/vectors.npy")) for each in files]
    assert first.read_bytes() == second.read_bytes()


def test_resumed_run_reads_the_vectors_of_its_queries(tmp_path: Path) -> None:
    kept(Counting(), tmp_path / "out", asked()).encode_queries(["one"])
    resumed = kept(Counting(dies_at=0), tmp_path / "out", asked())
    assert resumed.encode_queries(["four"])[0, 0] == 4


def test_other_rows_of_queries_have_vectors_of_their_own(tmp_path: Path) -> None:
    kept(Counting(), tmp_path / "out", asked()).encode_queries(["one"])
    changed = kept(Counting(), tmp_path / "out", asked(["three", "one"], "other"))
    assert changed.encode_queries(["one", "three"])[:, 0].tolist() == [3, 5]


def test_queries_that_were_not_generated_are_encoded_as_they_come(tmp_path: Path) -> None:
    encoder = Counting()
    found = kept(encoder, tmp_path / "out", asked()).encode_queries(["people's", "two", "own"])
    assert found[:, 0].tolist() == [8, 3, 3]
    assert encoder.batches[-1] == ["people's", "own"]
    assert kept(Counting(), tmp_path / "out", asked()).encode_queries([]).shape == (0, 2)
