"""LangChain's own calls answered from an index folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("langchain_core")

from acclimate.engine.engine import Engine
from acclimate.engine.records import SearchOptions
from acclimate.integrations.langchain import IndexRetriever, ModelEmbeddings
from acclimate.models.dense import DenseEncoder
from acclimate.types import Passage


def test_retriever_answers_with_documents(folder: Path) -> None:
    found = IndexRetriever.open(folder).invoke("pair up lists")
    assert found[0].id == "zip"
    assert found[0].page_content == "Pairs up two lists item by item."
    assert found[0].metadata["rank"] == 1
    assert found[0].metadata["year"] == 2003


def test_retriever_searches_as_its_options_say(folder: Path) -> None:
    retriever = IndexRetriever.open(folder, SearchOptions(k=5, where="year > 2010"))
    assert [each.id for each in retriever.invoke("pairs of lists")] == ["pairwise"]


def test_retriever_finds_what_another_process_has_committed_since(folder: Path) -> None:
    retriever = IndexRetriever.open(folder)
    other = Engine.open(folder)
    other.add([Passage("aardvark", "An animal that no other passage names.")])
    other.close()
    assert [each.id for each in retriever.invoke("which animal")] == ["aardvark"]


def test_retriever_stands_in_a_chain(folder: Path) -> None:
    chain = IndexRetriever.open(folder) | (lambda found: [each.metadata["title"] for each in found])
    assert chain.invoke("subprocess hangs") == ["kill"]


@pytest.mark.real
def test_embeddings_are_the_models_own() -> None:
    ours = ModelEmbeddings("all-MiniLM-L6-v2")
    direct = DenseEncoder.load("all-MiniLM-L6-v2")
    np.testing.assert_allclose(
        ours.embed_query("a query"), direct.encode_queries(["a query"])[0], atol=1e-5
    )
    assert len(ours.embed_documents(["one", "two"])) == 2
