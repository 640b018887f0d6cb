"""The lexical kind: bm25s's scores, whatever the history of the index folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from math import log
from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.corpus import open_corpus
from acclimate.errors import InputError
from acclimate.evaluate.evaluation import evaluate
from acclimate.indexes.analysis import Analyser, Match
from acclimate.indexes.base import Mask, Ranked, Scores
from acclimate.indexes.bm25 import LexicalKind, LexicalLeg
from acclimate.indexes.lexical import LexicalIndex, LexicalSettings
from acclimate.ranking import places
from acclimate.types import Hit, Passage, Query

# Single words that neither stemming nor stop words touch.
WORDS = ["red", "fox", "moon", "tin", "box"]
TEXT = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


class Echo:
    """An expander that adds given queries to passages by their ids."""

    identity = "echo"
    threshold = None

    def __init__(self, added: dict[str, list[str]]) -> None:
        self._added = added

    def expand(self, passages: Sequence[Passage]) -> list[list[str]]:
        return [self._added.get(passage.id, []) for passage in passages]


def passages(texts: Sequence[str]) -> list[Passage]:
    return [Passage(f"p{number}", text) for number, text in enumerate(texts)]


def every(leg_rows: int) -> Mask:
    return np.ones(leg_rows, dtype=np.bool_)


def index(
    folder: Path, *parts: Sequence[str], kind: LexicalKind | None = None, live: Mask | None = None
) -> LexicalLeg:
    """A leg over parts that are written one after the other."""
    kind, folders = kind or LexicalKind(LexicalSettings()), []
    for number, texts in enumerate(parts):
        folders.append(folder / f"part{number}")
        folders[-1].mkdir(parents=True)
        kind.write(folders[-1], passages(texts))
    count = sum(map(len, parts))
    return kind.open(folders, every(count) if live is None else live, np.arange(count))


def lists(found: list[Ranked]) -> list[tuple[list[int], list[float]]]:
    return [(rows.tolist(), scores.tolist()) for rows, scores in found]


def test_scores_follow_lucenes_formula(tmp_path: Path) -> None:
    kind = LexicalKind(LexicalSettings(k1=1.2, b=0.75))
    leg = index(tmp_path, ["red red fox", "fox moon", "tin"], kind=kind)
    # 3 passages of 2 words on average; "red" lies in one of them, "fox" in two.
    rarity_red, rarity_fox = log(1 + 2.5 / 1.5), log(1 + 1.5 / 2.5)
    in_a = 1.2 * (0.25 + 0.75 * 3 / 2)
    in_b = 1.2 * (0.25 + 0.75 * 2 / 2)
    rows, scores = leg.search(["red fox"], 10, every(3))[0]
    assert rows.tolist() == [0, 1]
    assert scores[0] == pytest.approx(rarity_red * 2 / (2 + in_a) + rarity_fox / (1 + in_a))
    assert scores[1] == pytest.approx(rarity_fox / (1 + in_b))


@given(
    texts=st.lists(TEXT, min_size=1, max_size=12),
    queries=st.lists(st.lists(st.sampled_from([*WORDS, "zebra"])).map(" ".join), max_size=4),
    k1=st.sampled_from([0.0, 0.9, 2.0]),
    b=st.sampled_from([0.0, 0.4, 1.0]),
)
def test_scores_are_those_of_bm25s(
    texts: list[str], queries: list[str], k1: float, b: float
) -> None:
    texts, settings = ["red", *texts], LexicalSettings(k1=k1, b=b)
    direct = LexicalIndex.build(passages(texts), settings)
    with tempfile.TemporaryDirectory() as folder:
        leg = index(Path(folder), texts, kind=LexicalKind(settings))
        for query in queries:
            scores = leg.score(query, np.arange(len(texts)))
            np.testing.assert_allclose(scores, direct.scores(query), rtol=1e-5, atol=1e-6)


@given(data=st.data(), texts=st.lists(TEXT, max_size=12), query=TEXT, k=st.integers(1, 12))
def test_any_history_gives_what_building_at_once_gives(
    data: st.DataObject, texts: list[str], query: str, k: int
) -> None:
    live = np.array([data.draw(st.booleans()) for _ in texts], dtype=np.bool_)
    first = data.draw(st.integers(0, len(texts)))
    second = data.draw(st.integers(first, len(texts)))
    parts = [texts[:first], texts[first:second], texts[second:]]
    kept = [text for text, stays in zip(texts, live, strict=True) if stays]
    with tempfile.TemporaryDirectory() as name:
        folder, kind = Path(name), LexicalKind(LexicalSettings())
        fresh = index(folder / "fresh", kept).search([query], k, every(len(kept)))
        split = index(folder, *parts, live=live).search([query], k, every(len(texts)))
        old = np.flatnonzero(live)
        assert lists(split) == [(old[rows].tolist(), scores.tolist()) for rows, scores in fresh]
        (folder / "merged").mkdir()
        keep = np.split(live, [first, second])
        kind.merge(folder / "merged", [folder / f"part{n}" for n in range(3)], keep)
        merged = kind.open([folder / "merged"], every(len(kept)), np.arange(len(kept)))
        assert lists(merged.search([query], k, every(len(kept)))) == lists(fresh)


def test_best_rows_that_are_not_allowed_make_room_for_others(tmp_path: Path) -> None:
    leg = index(tmp_path, ["fox fox fox", "fox fox"], ["fox", "moon", "fox red box"])
    allowed = np.array([False, True, True, True, True])
    assert leg.search(["fox"], 2, allowed)[0].rows.tolist() == [1, 2]
    assert leg.search(["fox"], 9, allowed)[0].rows.tolist() == [1, 2, 4]
    assert leg.search(["fox"], 2, np.zeros(5, dtype=np.bool_))[0].rows.tolist() == []


def test_deleted_rows_are_not_found_even_if_allowed(tmp_path: Path) -> None:
    leg = index(tmp_path, ["fox fox", "fox"], live=np.array([False, True]))
    assert leg.search(["fox"], 9, every(2))[0].rows.tolist() == [1]


def test_equal_scores_go_by_the_tiebreak_also_at_the_cut(tmp_path: Path) -> None:
    kind = LexicalKind(LexicalSettings())
    (tmp_path / "part").mkdir()
    kind.write(tmp_path / "part", passages(["red fox"] * 4))
    leg = kind.open([tmp_path / "part"], every(4), np.array([2, 0, 3, 1]))
    assert leg.search(["fox"], 2, every(4))[0].rows.tolist() == [1, 3]


@pytest.mark.parametrize("query", ["", "   ", "?!", "the of", "unseen zebra"])
def test_query_without_known_words_finds_nothing(tmp_path: Path, query: str) -> None:
    leg = index(tmp_path, ["red", "fox"])
    assert lists(leg.search([query], 5, every(2))) == [([], [])]
    assert leg.score(query, np.array([1, 0])).tolist() == [0, 0]
    assert leg.contributions(query, np.array([0])) == [()]
    assert leg.matches(query, "red fox") == []


@pytest.mark.parametrize("parts", [[], [[]], [[], ["", "..."], []]])
def test_parts_without_words_find_nothing(tmp_path: Path, parts: list[list[str]]) -> None:
    leg = index(tmp_path, *parts)
    count = sum(map(len, parts))
    assert lists(leg.search(["red"], 5, every(count))) == [([], [])]


def test_empty_passages_count_but_are_never_found(tmp_path: Path) -> None:
    leg = index(tmp_path, ["", "red moon", ""])
    direct = LexicalIndex.build(passages(["", "red moon", ""]))
    rows, scores = leg.search(["red"], 5, every(3))[0]
    assert rows.tolist() == [1]
    assert scores[0] == pytest.approx(direct.scores("red")[1])


def test_chosen_rows_score_as_in_a_search_in_any_order(tmp_path: Path) -> None:
    leg = index(tmp_path, ["red fox red", "fox", "moon"], ["box fox", "red"])
    rows, scores = leg.search(["red red fox"], 9, every(5))[0]
    again = rows[[1, 0, 2, 1]]
    assert leg.score("red red fox", again).tolist() == scores[[1, 0, 2, 1]].tolist()
    with pytest.raises(IndexError, match=r"rows -1\.\.2 of 5"):
        leg.score("red", np.array([2, -1]))


def test_contributions_say_which_terms_made_the_score(tmp_path: Path) -> None:
    leg = index(tmp_path, ["foxes and the moon", "fox", "tin"], ["red box", "tin"])
    query, rows = "Moon foxes zebra", np.array([3, 0, 1, 0])
    found = leg.contributions(query, rows)
    assert [[term for term, _ in row] for row in found] == [
        [],
        ["moon", "fox"],
        ["fox"],
        ["moon", "fox"],
    ]
    sums = [sum(weight for _, weight in row) for row in found]
    assert sums == pytest.approx(leg.score(query, rows).tolist())
    # Asked for together or one by one, and before the columns were read as a whole or after it.
    leg.search([query], 5, every(5))
    assert [leg.contributions(query, rows[[nth]])[0] for nth in range(4)] == found
    with pytest.raises(IndexError, match=r"rows -1\.\.2 of 5"):
        leg.contributions("red", np.array([2, -1]))


def test_matches_show_the_words_that_a_query_met(tmp_path: Path) -> None:
    leg = index(tmp_path, ["fox"])
    assert leg.matches("fox, moons", "The FOXES saw the moon.") == [
        Match(4, 9, "fox"),
        Match(18, 22, "moon"),
    ]


def test_added_queries_are_found_and_shown(tmp_path: Path) -> None:
    kind = LexicalKind(LexicalSettings(), Echo({"p1": ["moon box", "tin"]}))
    leg = index(tmp_path, ["red", "fox"], ["moon"], kind=kind)
    assert leg.search(["tin"], 5, every(3))[0].rows.tolist() == [1]
    assert [leg.expansion(row) for row in range(3)] == [(), ("moon box", "tin"), ()]
    (tmp_path / "merged").mkdir()
    kind.merge(
        tmp_path / "merged",
        [tmp_path / "part0", tmp_path / "part1"],
        [np.array([False, True]), np.array([True])],
    )
    merged = kind.open([tmp_path / "merged"], every(2), np.arange(2))
    assert [merged.expansion(row) for row in range(2)] == [("moon box", "tin"), ()]
    assert merged.search(["tin"], 5, every(2))[0].rows.tolist() == [0]
    with pytest.raises(IndexError, match="row 2 of 2"):
        merged.expansion(2)


def test_identity_follows_what_is_written() -> None:
    kinds = [
        LexicalKind(LexicalSettings()),
        LexicalKind(LexicalSettings(k1=2.0, b=0.1)),
        LexicalKind(LexicalSettings("de")),
        LexicalKind(LexicalSettings(), Echo({})),
    ]
    # k1 and b weigh what is written; they can change without writing it anew.
    assert kinds[0].identity == kinds[1].identity
    assert len({kind.identity for kind in kinds}) == 3


def test_weights_follow_the_settings_that_the_parts_are_opened_with(tmp_path: Path) -> None:
    index(tmp_path, ["red red", "red", "moon"])
    other = LexicalKind(LexicalSettings(k1=5.0))
    direct = LexicalIndex.build(passages(["red red", "red", "moon"]), LexicalSettings(k1=5.0))
    leg = other.open([tmp_path / "part0"], every(3), np.arange(3))
    np.testing.assert_allclose(leg.score("red", np.arange(3)), direct.scores("red"), rtol=1e-5)


def test_masks_of_another_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the parts hold 1 rows, but 'live' has shape \(2,\)"):
        index(tmp_path, ["red"], live=every(2))


class Direct:
    """bm25s itself, given the same terms."""

    name = "bm25s"

    def __init__(self, read: Sequence[Passage]) -> None:
        self._analyse = Analyser("en")
        self._ids = [passage.id for passage in read]
        self._bm25 = bm25s.BM25(k1=0.9, b=0.4, method="lucene")
        terms = [self._analyse(passage.content) for passage in read]
        self._bm25.index(terms, show_progress=False)

    def scores(self, query: str) -> Scores:
        known = [term for term in self._analyse(query) if term in self._bm25.vocab_dict]
        return np.asarray(self._bm25.get_scores(known), dtype=np.float32)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        terms = [self._analyse(query.text) for query in queries]
        rows, scores = self._bm25.retrieve(terms, k=k, show_progress=False)
        return [
            [Hit(self._ids[row], float(score)) for row, score in zip(*found, strict=True)]
            for found in zip(rows, scores, strict=True)
        ]


class Own:
    """A leg as a retriever."""

    name = "lexical"

    def __init__(self, leg: LexicalLeg, ids: Sequence[str]) -> None:
        self._leg = leg
        self._ids = ids

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        found = self._leg.search([query.text for query in queries], k, every(len(self._ids)))
        return [
            [Hit(self._ids[row], float(score)) for row, score in zip(*ranked, strict=True)]
            for ranked in found
        ]


@pytest.mark.real
def test_scifact_is_ranked_as_bm25s_ranks_it(
    collection: Callable[[str], Path], tmp_path: Path
) -> None:
    corpus = open_corpus(str(collection("scifact")))
    read, queries, judgments = list(corpus.passages()), corpus.queries(), corpus.judgments()
    direct, kind, count = Direct(read), LexicalKind(LexicalSettings()), len(read)
    kind.write(tmp_path, read)
    ids = [passage.id for passage in read]
    leg = kind.open([tmp_path], every(count), places(ids))
    for query in queries:
        scores = leg.score(query.text, np.arange(count))
        np.testing.assert_allclose(scores, direct.scores(query.text), atol=1e-4)
    ndcg = [
        evaluate(retriever, queries, judgments, corpus="scifact").measures["nDCG@10"].value
        for retriever in (direct, Own(leg, ids))
    ]
    assert ndcg[1] == pytest.approx(ndcg[0], abs=0.002)
    assert ndcg[1] > 0.66
