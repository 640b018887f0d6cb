"""One folder with learned sparse search and late interaction, as a user builds and asks it."""

from __future__ import annotations

from pathlib import Path

import pytest

import toys
from acclimate.formats.beir import write_beir
from acclimate.types import Judgment, Query
from commands import acclimate
from multi_vector import tiny_multi_vector
from sparse_toys import tiny_splade

GIVEN = toys.toy_passages()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    queries = [
        Query(f"q{n}", " ".join([toy.own[0], *toy.topical[:2]])) for n, toy in enumerate(GIVEN)
    ]
    judgments = [Judgment(f"q{n}", toy.passage.id, 1) for n, toy in enumerate(GIVEN)]
    write_beir(folder, [toy.passage for toy in GIVEN], queries, {"test": judgments})
    return folder


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    models = tmp_path_factory.mktemp("models")
    folder = tmp_path_factory.mktemp("index") / "index"
    sparse = tiny_splade(models / "sparse", toys.toy_texts())
    late = tiny_multi_vector(models / "late", toys.toy_texts())
    ran = acclimate(
        "index", corpus, "--out", folder, "--model", "none", "--sparse", sparse, "--late", late
    )
    assert ran.code == 0, ran.err
    return folder


@pytest.mark.parametrize("mode", ["sparse", "late", "hybrid", "hybrid:rrf"])
def test_a_passage_is_found_by_its_words(index: Path, mode: str) -> None:
    toy = GIVEN[3]
    query = " ".join([toy.own[0], *toy.topical[:2]])
    ran = acclimate("search", index, query, "--mode", mode, "--explain", "--json")
    first = ran.json["hits"][0]
    assert first["id"] == toy.passage.id
    explained = first["explanation"]
    assert toy.own[0] in [
        each.get("term", each.get("word")) for each in explained["terms"] + explained["words"]
    ]


def test_sparse_search_is_measured_with_its_flops(index: Path, corpus: Path) -> None:
    asked = ("evaluate", index, corpus, "--mode")
    found = acclimate(*asked, "sparse", "--json").json
    assert found["measures"]["nDCG@10"]["value"] > 0.5
    assert 0 < found["flops"] < 30
    assert f"{found['flops']:.2f} FLOPS" in acclimate(*asked, "sparse").out
    assert acclimate(*asked, "hybrid", "--json").json["flops"] == found["flops"]
    assert "flops" not in acclimate(*asked, "lexical", "--json").json
