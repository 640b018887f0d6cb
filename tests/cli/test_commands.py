"""What each verb answers."""

from pathlib import Path

import pytest

from acclimate.formats.trec import read_run
from commands import acclimate, tiny_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return tiny_corpus(tmp_path / "tiny")


def test_evaluate_prints_one_json_object_with_intervals(corpus: Path) -> None:
    found = acclimate("evaluate", "bm25", corpus, "--json").json
    assert set(found) == {"system", "corpus", "queries", "measures"}
    assert (found["system"], found["corpus"], found["queries"]) == ("bm25", str(corpus), 3)
    assert set(found["measures"]) == {"nDCG@10", "RR@10", "R@100"}
    assert found["measures"]["RR@10"] == {"value": 1.0, "low": 1.0, "high": 1.0}


def test_evaluate_looks_as_deep_as_its_measures(corpus: Path) -> None:
    ran = acclimate("evaluate", "bm25", corpus, "--measures", "R@1000 AP", "--json")
    assert set(ran.json["measures"]) == {"R@1000", "AP"}


def test_a_split_without_judgments_is_refused_by_its_name(corpus: Path) -> None:
    (corpus / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\n")
    ran = acclimate("evaluate", "bm25", corpus, "--split", "dev")
    assert ran.code == 2
    assert f"{corpus}: no judgments of its queries in the split 'dev'" in ran.err
    assert "qrels/dev.tsv" in ran.err


def test_compare_shows_differences_from_the_first_system(corpus: Path, tmp_path: Path) -> None:
    worse = tmp_path / "worse.trec"
    worse.write_text("q1 Q0 zip 1 2 x\nq1 Q0 sort 2 1 x\nq2 Q0 zip 1 1 x\n")
    ran = acclimate("evaluate", "bm25", corpus, "--compare", worse, "--measures", "RR", "--json")
    assert [each["system"] for each in ran.json["compared"]] == [str(worse)]
    (row,) = ran.json["comparisons"]
    assert (row["baseline"], row["system"], row["measure"]) == ("bm25", str(worse), "RR")
    assert row["difference"]["value"] == pytest.approx(-2 / 3)
    assert row["difference"]["low"] <= row["difference"]["value"] <= row["difference"]["high"]
    assert 0 < row["p"] <= row["corrected_p"] <= 1
    table = acclimate("evaluate", "bm25", corpus, "--compare", worse).out
    assert "corrected p" in table
    assert "-0.6667" in table


def test_a_saved_run_measures_like_the_system_that_made_it(corpus: Path, tmp_path: Path) -> None:
    saved = tmp_path / "out.trec"
    first = acclimate("evaluate", "bm25", corpus, "--save-run", saved, "--json").json
    assert read_run(saved)["q1"][0].passage_id == "zip"
    again = acclimate("evaluate", saved, corpus, "--json").json
    assert again["measures"] == first["measures"]


def test_search_finds_passages_with_their_texts(corpus: Path) -> None:
    ran = acclimate("search", "bm25", corpus, "two lists paired", "-k", "1", "--json")
    (hit,) = ran.json["hits"]
    assert (hit["rank"], hit["id"], hit["title"]) == (1, "zip", "zip()")
    assert hit["text"].startswith("Pair up")
    assert "zip()" in acclimate("search", "bm25", corpus, "two lists paired").out


def test_search_shows_markup_of_a_passage_as_it_is(corpus: Path) -> None:
    ran = acclimate("search", "bm25", corpus, "markup")
    assert ran.code == 0
    assert "[red]in[/red]" in ran.out


def test_search_without_a_hit_says_so(corpus: Path) -> None:
    assert acclimate("search", "bm25", corpus, "xylophone").out == "nothing found\n"
    assert acclimate("search", "bm25", corpus, "xylophone", "--json").json["hits"] == []


def test_a_run_is_searched_by_a_query_it_knows(corpus: Path, tmp_path: Path) -> None:
    saved = tmp_path / "out.run"
    acclimate("evaluate", "bm25", corpus, "--save-run", saved)
    for query in ("q2", "stop what hangs"):
        assert acclimate("search", saved, corpus, query, "--json").json["hits"][0]["id"] == "kill"
    ran = acclimate("search", saved, corpus, "something else")
    assert ran.code == 2
    assert "give the run made for these queries" in ran.err


def test_a_table_is_read_by_the_columns_that_are_set(tmp_path: Path) -> None:
    table = tmp_path / "drinks.csv"
    table.write_text("nr,body\n1,water and lemonade\n2,cheese\n")
    sets = ("--set", "corpus.text_field=body", "--set", "corpus.id_field=nr")
    found = acclimate("search", "bm25", table, "lemonade", "--json", *sets).json
    assert [hit["id"] for hit in found["hits"]] == ["1"]


def test_what_was_passed_over_is_said_on_stderr_only(corpus: Path) -> None:
    with (corpus / "corpus.jsonl").open("a") as handle:
        handle.write('{"_id": "empty", "title": "", "text": " "}\n')
    ran = acclimate("search", "bm25", corpus, "lists", "--json")
    assert ran.json["hits"]
    assert "1 empty passages left out" in ran.err


@pytest.mark.parametrize("verb", ["models", "recipes", "corpora"])
def test_what_can_be_named_is_listed(verb: str) -> None:
    listed = acclimate(verb, "--json").json[verb]
    assert all(each["name"] for each in listed)
    assert acclimate(verb).out


def test_the_lists_hold_what_the_offline_recipe_needs() -> None:
    models = {each["name"]: each for each in acclimate("models", "--json").json["models"]}
    assert "offline" in models["google/gemma-3-270m"]["recipes"]
    assert "model hub" in models["Qwen/Qwen3-0.6B-Base"]["source"]
    corpora = acclimate("corpora", "--json").json["corpora"]
    assert corpora[0]["name"] == "python-stdlib"


def test_a_recipe_is_shown_in_full() -> None:
    shown = acclimate("recipes", "paper", "--set", "seed=7", "--json").json
    assert shown["settings"]["seed"] == 7
    assert shown["settings"]["train.max_steps"] == 140_000
    assert "train.max_steps" in acclimate("recipes", "paper").out


@pytest.mark.parametrize(
    "verb", ["adapt", "evaluate", "search", "export", "models", "recipes", "corpora"]
)
def test_every_verb_has_help(verb: str) -> None:
    ran = acclimate(verb, "--help")
    assert ran.code == 0
    assert "Usage: acclimate" in ran.out
    if verb not in ("models", "corpora"):
        assert f"• acclimate {verb}" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "bm25", "CORPUS", "two lists paired"),
        ("evaluate", "bm25", "CORPUS", "--compare", "bm25"),
        ("index", "CORPUS", "--out", "OUT", "--model", "none"),
    ],
)
def test_language_without_rules_is_told_once(
    arguments: tuple[str, ...], corpus: Path, tmp_path: Path
) -> None:
    places = {"CORPUS": corpus, "OUT": tmp_path / "out"}
    named = [places.get(each, each) for each in arguments]
    ran = acclimate(*named, "--language", "xx")
    assert ran.code == 0
    assert ran.err.count("note: no stemming is known for the language 'xx'") == 1


def test_language_that_needs_no_stemmer_is_taken_without_a_word(corpus: Path) -> None:
    ran = acclimate("search", "bm25", corpus, "two lists paired", "--language", "th")
    assert (ran.code, "stemming" in ran.err) == (0, False)


@pytest.mark.parametrize("verb", ["adapt", "train"])
def test_recipe_tells_of_a_language_without_rules_before_the_work(
    verb: str, corpus: Path, tmp_path: Path
) -> None:
    rest = ("--out", tmp_path / "out", "--set", f"student.model={tmp_path / 'nothing'}")
    ran = acclimate(verb, corpus, *rest, "--set", "language=xx")
    assert ran.code == 2
    assert "no stemming is known for the language 'xx'" in " ".join(ran.err.split())
    refused = acclimate(verb, corpus, *rest, "--set", "language=englsh")
    assert "language 'englsh' is not an ISO 639 code" in refused.err
