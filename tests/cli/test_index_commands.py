"""index, search, evaluate, weigh and export over an index folder, as a user types them."""

from __future__ import annotations

from pathlib import Path

import pytest

import toys
from acclimate.formats.beir import write_beir
from acclimate.types import Passage
from commands import PASSAGES, acclimate, tiny_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return tiny_corpus(tmp_path / "corpus")


@pytest.fixture
def index(tmp_path: Path, corpus: Path) -> Path:
    folder = tmp_path / "index"
    assert acclimate("index", corpus, "--out", folder, "--model", "none").code == 0
    return folder


def test_index_says_what_it_did(tmp_path: Path, corpus: Path) -> None:
    ran = acclimate("index", corpus, "--out", tmp_path / "i", "--model", "none", "--json")
    assert ran.json["added"] == len(PASSAGES)


def test_search_needs_no_corpus_with_an_index(index: Path) -> None:
    found = acclimate("search", index, "pair up lists", "-k", 1, "--explain", "--json").json
    (hit,) = found["hits"]
    assert (hit["id"], hit["rank"]) == ("zip", 1)
    assert hit["snippet"]["text"].startswith("Pair up two lists")
    assert {term["term"] for term in hit["explanation"]["terms"]} == {"pair", "up", "list"}


def test_people_see_a_table_and_the_reasons(index: Path) -> None:
    ran = acclimate("search", index, "markup lists", "--explain")
    assert "Markup [red]in[/red] a text" in ran.out
    assert "terms: markup" in ran.out


def test_evaluate_measures_an_index(index: Path, corpus: Path) -> None:
    ran = acclimate("evaluate", index, corpus, "--mode", "lexical", "--compare", "bm25", "--json")
    ours, theirs = ran.json["measures"], ran.json["compared"][0]["measures"]
    assert ours["nDCG@10"]["value"] == theirs["nDCG@10"]["value"] == 1.0
    assert ran.json["system"] == f"{index} (lexical)"


def test_update_makes_the_index_equal_to_the_collection(tmp_path: Path, index: Path) -> None:
    changed = [*PASSAGES[1:], Passage("new", "A zebra.")]
    write_beir(tmp_path / "changed", changed)
    ran = acclimate("index", tmp_path / "changed", "--out", index, "--update", "--json")
    assert ran.json == {
        "index": str(index), "added": 1, "replaced": 0, "deleted": 1, "unchanged": 3
    }  # fmt: skip
    assert acclimate("search", index, "zebra", "--json").json["hits"][0]["id"] == "new"
    assert acclimate("search", index, "pair up", "--json").json["hits"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["search", "INDEX", "x", "--mode", "dense"], "this index has lexical"),
        (["search", "INDEX", "x", "--where", "colour = 'red'"], "colour"),
        (["search", "INDEX", "x", "--where", "year >"], "where"),
        (["search", "INDEX", "CORPUS", "x"], "leave CORPUS out"),
        (["search", "bm25", "x"], "name the collection"),
        (["search", "NEW", "x"], "check the name"),
        (["index", "CORPUS", "--out", "INDEX", "--update", "--exact"], "own settings"),
        (["index", "CORPUS", "--out", "NEW", "--model", ""], "name is empty"),
        (["index", "CORPUS", "--out", "NEW", "--expand-filter", "m"], "name a generator"),
        (["index", "CORPUS", "--out", "NEW", "--expand-queries", "0"], "write at least 1"),
        (["search", "bm25", "CORPUS", "x", "--mode", "lexical"], "no index folder"),
        (["evaluate", "bm25", "CORPUS", "--mode", "lexical"], "index folders"),
        (["index", "CORPUS", "--out", "INDEX", "--model", "none"], "--update"),
        (["index", "CORPUS", "--out", "NEW", "--model", "none", "--no-lexical"], "of nothing"),
        (["weigh", "INDEX"], "--judged"),
        (["weigh", "INDEX", "--judged", "CORPUS", "--split", "test"], "hybrid"),
        (["export", "INDEX", "NEW.parquet"], "--model"),
        (["export", "INDEX", "NEW"], "name a file that ends in .parquet"),
        (["export", "INDEX", "FOLDER.parquet"], "no file can be written there"),
        (["export", "NEW", "NEW"], "adapt or index"),
        (["mcp", "INDEX", "--mode", "psychic"], "this index has lexical"),
        (["serve", "NEW"], "acclimate index"),
    ],
)
def test_wrong_use_ends_with_2_and_a_remedy(
    tmp_path: Path, index: Path, corpus: Path, arguments: list[str], says: str
) -> None:
    (tmp_path / "folder.parquet").mkdir()
    names = {
        "INDEX": index, "CORPUS": corpus, "NEW": tmp_path / "new",
        "NEW.parquet": tmp_path / "new.parquet", "FOLDER.parquet": tmp_path / "folder.parquet",
    }  # fmt: skip
    ran = acclimate(*(names.get(argument, argument) for argument in arguments))
    assert ran.code == 2
    assert says in ran.err
    assert not (tmp_path / "new").exists()


def test_a_re_ranker_of_no_kind_is_refused_before_any_model_is_looked_for(
    tmp_path: Path, corpus: Path
) -> None:
    encoder = toys.tiny_encoder(tmp_path / "toy", toys.toy_texts())
    index = tmp_path / "dense"
    assert acclimate("index", corpus, "--out", index, "--model", encoder).code == 0
    encoder.rename(tmp_path / "elsewhere")
    for arguments in (["search", index, "x"], ["evaluate", index, corpus], ["mcp", index],
                      ["serve", index, "--port", "0"]):  # fmt: skip
        ran = acclimate(*arguments, "--rerank", "foo:x")
        assert (ran.code, ran.out) == (2, "")
        assert "'foo:x' is no re-ranker; name one of cross-encoder:MODEL" in ran.err
