"""BM25 against hand-computed scores, and its promises about ties, pairs and files."""

from __future__ import annotations

import json
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acclimate.errors import InputError, StaleRows, UsageError
from acclimate.indexes.lexical import LexicalIndex, LexicalSettings
from acclimate.types import Passage, Query

# Single words that neither stemming nor stop words touch.
WORDS = ["red", "fox", "moon", "tin", "box"]


def index(*texts: str, settings: LexicalSettings | None = None) -> LexicalIndex:
    """Passages named a, b, c, ..."""
    return LexicalIndex.build(
        (Passage(chr(ord("a") + i), text) for i, text in enumerate(texts)), settings
    )


def test_scores_follow_lucenes_formula() -> None:
    built = index("red red fox", "fox moon", "tin", settings=LexicalSettings(k1=1.2, b=0.75))
    # 3 passages of 2 words on average; "red" lies in one of them, "fox" in two.
    idf_red, idf_fox = log(1 + 2.5 / 1.5), log(1 + 1.5 / 2.5)
    in_a = 1.2 * (0.25 + 0.75 * 3 / 2)
    in_b = 1.2 * (0.25 + 0.75 * 2 / 2)
    hits = built.search([Query("q", "red fox")], 10)[0]
    assert [hit.passage_id for hit in hits] == ["a", "b"]
    assert hits[0].score == pytest.approx(idf_red * 2 / (2 + in_a) + idf_fox / (1 + in_a))
    assert hits[1].score == pytest.approx(idf_fox / (1 + in_b))


def test_title_is_searched_too() -> None:
    built = LexicalIndex.build([Passage("a", "red", title="moon"), Passage("b", "red")])
    assert [hit.passage_id for hit in built.search([Query("q", "moons")], 5)[0]] == ["a"]


def test_equal_scores_go_by_passage_id_also_at_the_cut() -> None:
    ids = ["10", "9", "b", "a", "2"]
    built = LexicalIndex.build(Passage(name, "red fox") for name in ids)
    found = built.search([Query("q", "fox")], 3)[0]
    assert [hit.passage_id for hit in found] == ["10", "2", "9"]


def test_k_beyond_the_corpus_gives_only_passages_that_share_a_word() -> None:
    found = index("red", "fox", "red moon").search([Query("q", "red")], 100)[0]
    assert [hit.passage_id for hit in found] == ["a", "c"]


@pytest.mark.parametrize("text", ["", "   ", "?!", "the of", "unseen zebra"])
def test_query_without_known_words_finds_nothing(text: str) -> None:
    built = index("red", "fox")
    assert built.search([Query("q", text)], 5) == [[]]
    assert built.score_pairs([text], [[0, 1]])[0].tolist() == [0, 0]


def test_empty_passages_are_never_found() -> None:
    found = index("", "red", "").search([Query("q", "red")], 5)[0]
    assert [hit.passage_id for hit in found] == ["b"]


@pytest.mark.parametrize("texts", [[], [""], ["...", "the"]])
def test_corpus_without_words_is_refused(texts: list[str]) -> None:
    with pytest.raises(InputError, match="no word in any"):
        index(*texts)


def test_repeated_id_is_refused() -> None:
    with pytest.raises(InputError, match="'a' occurs twice"):
        LexicalIndex.build([Passage("a", "red"), Passage("a", "fox")])


@given(
    texts=st.lists(st.lists(st.sampled_from(WORDS)).map(" ".join), min_size=1, max_size=12),
    queries=st.lists(st.lists(st.sampled_from([*WORDS, "zebra"])).map(" ".join), max_size=4),
    data=st.data(),
)
@settings(deadline=None)
def test_chosen_pairs_score_exactly_as_in_a_full_search(
    texts: list[str], queries: list[str], data: st.DataObject
) -> None:
    built = index("red", *texts)
    row = st.integers(0, len(texts))
    rows = [data.draw(st.lists(row)) for _ in queries]
    pairs = built.score_pairs(queries, rows)
    for query, chosen, scores in zip(queries, rows, pairs, strict=True):
        assert scores.dtype == np.float32
        assert scores.tolist() == built.scores(query)[chosen].tolist()


def test_pairs_outside_the_corpus_are_refused() -> None:
    with pytest.raises(IndexError, match="2 passages"):
        index("red", "fox").score_pairs(["red"], [[-1]])


@pytest.mark.parametrize("mmap", [False, True])
def test_saved_index_answers_as_before(tmp_path: Path, mmap: bool) -> None:
    built = index("red fox", "Füchse", "moon", settings=LexicalSettings("de", k1=1.5))
    built.save(tmp_path / "bm25")
    built.save(tmp_path / "bm25")  # over an older one
    loaded = LexicalIndex.load(tmp_path / "bm25", mmap=mmap)
    queries = [Query("q", "Fuchs füchse"), Query("r", "moon fox")]
    assert loaded.search(queries, 3) == built.search(queries, 3)
    assert loaded.score_pairs(["fox"], [[2, 0]])[0].tolist() == built.scores("fox")[[2, 0]].tolist()
    assert loaded.identity == built.identity
    assert loaded.ids == ["a", "b", "c"]


def test_saved_files_hold_no_pickles(tmp_path: Path) -> None:
    index("red fox").save(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert {Path(name).suffix for name in names} == {".npy", ".json"}
    for path in tmp_path.glob("*.npy"):
        np.load(path, allow_pickle=False)


def test_mapped_index_can_be_saved_over_itself(tmp_path: Path) -> None:
    index("red fox", "moon").save(tmp_path)
    loaded = LexicalIndex.load(tmp_path, mmap=True)
    loaded.save(tmp_path)
    assert [hit.passage_id for hit in loaded.search([Query("q", "moon")], 1)[0]] == ["b"]
    assert LexicalIndex.load(tmp_path).search([Query("q", "moon")], 1) == loaded.search(
        [Query("q", "moon")], 1
    )


def test_unfinished_or_outdated_index_is_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished BM25 index"):
        LexicalIndex.load(tmp_path)
    index("red").save(tmp_path)
    manifest = json.loads((tmp_path / "lexical.json").read_text("utf-8"))
    manifest["identity"] = "bm25s 0.0.1"
    (tmp_path / "lexical.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(StaleRows, match="build the index again"):
        LexicalIndex.load(tmp_path)


@pytest.mark.parametrize(
    ("k1", "b", "message"), [(-1, 0.4, "k1 is -1"), (0.9, 1.5, "b is 1.5"), (float("nan"), 0, "k1")]
)
def test_settings_out_of_range_are_refused(k1: float, b: float, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LexicalSettings(k1=k1, b=b)


def test_identity_changes_with_the_settings() -> None:
    identities = {
        index("red", settings=settings).identity
        for settings in (LexicalSettings(), LexicalSettings(b=0.5), LexicalSettings("de"))
    }
    assert len(identities) == 3
