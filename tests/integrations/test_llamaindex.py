"""LlamaIndex's own calls answered from an index folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("llama_index.core")

from acclimate.engine.records import SearchOptions
from acclimate.integrations.llamaindex import IndexRetriever, ModelEmbedding
from acclimate.models.dense import DenseEncoder


def test_retriever_answers_with_scored_nodes(folder: Path) -> None:
    found = IndexRetriever.open(folder).retrieve("pair up lists")
    assert found[0].node.node_id == "zip"
    assert found[0].node.get_content() == "Pairs up two lists item by item."
    assert found[0].score is not None
    assert found[0].score > 0


def test_retriever_searches_as_its_options_say(folder: Path) -> None:
    retriever = IndexRetriever.open(folder, SearchOptions(where="year > 2010"))
    assert [each.node.node_id for each in retriever.retrieve("pairs of lists")] == ["pairwise"]


@pytest.mark.real
def test_embedding_is_the_models_own() -> None:
    ours = ModelEmbedding("all-MiniLM-L6-v2")
    direct = DenseEncoder.load("all-MiniLM-L6-v2")
    np.testing.assert_allclose(
        ours.get_query_embedding("a query"), direct.encode_queries(["a query"])[0], atol=1e-5
    )
    assert len(ours.get_text_embedding_batch(["one", "two"])) == 2
