"""Haystack's own pipeline over an index folder."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("haystack")

from haystack import Pipeline

from acclimate.integrations.haystack import IndexRetriever


def test_component_answers_within_a_pipeline(folder: Path) -> None:
    pipeline = Pipeline()
    pipeline.add_component("retriever", IndexRetriever(str(folder), k=2))
    found = pipeline.run({"retriever": {"query": "pair up lists"}})["retriever"]["documents"]
    assert [each.id for each in found] == ["zip", "pairwise"]
    assert found[0].meta["title"] == "zip"
    assert found[0].score > found[1].score


def test_a_run_may_ask_for_fewer_and_for_others(folder: Path) -> None:
    retriever = IndexRetriever(str(folder))
    assert len(retriever.run("pairs of lists", top_k=1)["documents"]) == 1
    found = retriever.run("pairs of lists", where="year > 2010")["documents"]
    assert [each.id for each in found] == ["pairwise"]


def test_pipeline_file_keeps_the_component(folder: Path) -> None:
    pipeline = Pipeline()
    pipeline.add_component("retriever", IndexRetriever(str(folder), k=1))
    ours = "acclimate.integrations.haystack"
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=[ours])
    found = again.run({"retriever": {"query": "pair up lists"}})["retriever"]["documents"]
    assert [each.id for each in found] == ["zip"]
