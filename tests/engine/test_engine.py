"""The engine over a real index folder: every mode, filters, re-ranking, change and refresh."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from acclimate.engine.engine import Engine
from acclimate.engine.models import Models
from acclimate.engine.records import NO_SNIPPET, Changes, SearchOptions
from acclimate.engine.settings import IndexSettings
from acclimate.errors import UsageError
from acclimate.models.base import Encoder, Similarity, Vectors
from acclimate.types import Passage, Query

PASSAGES = [
    Passage("zip", "Pairs up two lists item by item.", "zip", metadata={"year": 2003}),
    Passage("kill", "Stops a subprocess that hangs.", "kill", metadata={"year": 2005}),
    Passage("pairwise", "Pairs of neighbours in one list.", "pairwise", metadata={"year": 2021}),
    Passage("empty", "Nothing in here is like the others.", metadata={"year": 1999}),
]


@dataclass(frozen=True)
class WordEncoder:
    """One dimension for each of many words, told apart by a checksum."""

    name: str
    similarity: Similarity = Similarity.COSINE
    dimension: int = 512

    @property
    def identity(self) -> str:
        return f"words-{self.name}"

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", "").split():
                vectors[row, zlib.crc32(word.encode()) % self.dimension] += 1
        return self.similarity.prepare(vectors)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self.encode_queries(texts)


class Toys(Models):
    """Word encoders under any name; the rest of the engine is as always."""

    def dense(self, name: str) -> Encoder:
        return WordEncoder(name)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    settings = IndexSettings(models=("one", "two"))
    return Engine.create(tmp_path / "index", settings, PASSAGES, Toys())


def ids(engine: Engine, query: str, options: SearchOptions) -> list[str]:
    return [result.passage.id for result in engine.search(query, options).results]


def test_modes_are_those_that_the_settings_give(engine: Engine) -> None:
    assert engine.modes() == ("lexical", "dense", "dense:two", "hybrid", "hybrid:rrf")


@pytest.mark.parametrize("mode", ["", "lexical", "dense", "dense:one", "dense:two", "hybrid"])
def test_every_mode_finds_the_passage(engine: Engine, mode: str) -> None:
    assert ids(engine, "pairs up two lists", SearchOptions(k=1, mode=mode)) == ["zip"]


def test_filter_applies_inside_the_search(engine: Engine) -> None:
    found = ids(engine, "pairs up two lists", SearchOptions(k=1, mode="dense", where="year < 2000"))
    assert found == ["empty"]


def test_every_stage_is_told(engine: Engine) -> None:
    (best, *_) = engine.search("pairs of lists", SearchOptions(mode="hybrid")).results
    assert [each.stage for each in best.stages] == ["lexical", "dense", "hybrid"]
    assert best.stages[-1].score == best.score


def test_hybrid_by_ranks_adds_up_reciprocal_ranks(engine: Engine) -> None:
    found = engine.search("pairs of lists", SearchOptions(mode="hybrid:rrf")).results
    assert [each.stage for each in found[0].stages] == ["lexical", "dense", "hybrid:rrf"]
    for hit in found:
        ranks = [stage.rank for stage in hit.stages[:-1] if stage.rank]
        assert hit.score == pytest.approx(sum(1 / (60 + rank) for rank in ranks))
    engine.weigh({"lexical": 0.0})
    again = engine.search("pairs of lists", SearchOptions(mode="hybrid:rrf")).results
    assert [hit.score for hit in again] == [hit.score for hit in found]


def test_stage_that_did_not_find_a_hit_has_rank_0(engine: Engine) -> None:
    found = engine.search("pairs", SearchOptions(mode="hybrid")).results
    last = next(each for each in found if each.passage.id == "empty")
    assert last.stages[0].rank == 0


def test_explanation_comes_if_asked_for(engine: Engine) -> None:
    plain = engine.search("subprocess hangs", SearchOptions(k=1))
    assert plain.results[0].explanation is None
    why = engine.search("subprocess hangs", SearchOptions(k=1, explain=True)).results[0]
    assert why.explanation is not None
    assert {each.term for each in why.explanation.terms} == {"subprocess", "hang"}
    heaviest = max(why.explanation.words, key=lambda each: each.weight)
    assert heaviest.word in ("subprocess", "hangs")


@pytest.mark.parametrize("mode", ["lexical", "dense", "hybrid"])
def test_reasons_of_a_hit_do_not_depend_on_the_hits_beside_it(engine: Engine, mode: str) -> None:
    options = SearchOptions(mode=mode, explain=True)
    together = engine.search("pairs of lists in one list", options).results
    assert len(together) > 1
    for hit in together:
        alone = replace(options, where=f"id = '{hit.passage.id}'")
        [same] = engine.search("pairs of lists in one list", alone).results
        assert (same.snippet, same.explanation) == (hit.snippet, hit.explanation)


def test_only_the_hits_that_are_named_are_explained(engine: Engine) -> None:
    options = SearchOptions(mode="hybrid", explain=True)
    every = engine.search("pairs of lists", options).results
    named = replace(options, explain_ids=(every[1].passage.id, "not a hit"))
    some = engine.search("pairs of lists", named).results
    assert [hit.passage for hit in some] == [hit.passage for hit in every]
    assert some[1].explanation == every[1].explanation
    assert {hit.explanation for hit in (some[0], *some[2:])} == {None}
    assert {
        hit.explanation
        for hit in engine.search("pairs of lists", replace(named, explain=False)).results
    } == {None}


def test_reasons_are_given_up_when_their_time_is_over(engine: Engine) -> None:
    options = SearchOptions(mode="hybrid", explain=True, explain_seconds=60)
    assert all(hit.explanation for hit in engine.search("pairs of lists", options).results)
    hurried = engine.search("pairs of lists", replace(options, explain_seconds=1e-9)).results
    assert [hit.explanation for hit in hurried] == [None] * len(hurried)
    assert all(hit.snippet.text for hit in hurried)


def test_snippet_marks_the_words_of_the_query(engine: Engine) -> None:
    snippet = engine.search("subprocess hangs", SearchOptions(k=1)).results[0].snippet
    marked = [snippet.text[mark.start : mark.end] for mark in snippet.marks]
    assert marked == ["subprocess", "hangs"]


@pytest.mark.parametrize("explain", [False, True])
def test_without_snippets_the_hits_and_reasons_are_the_same(engine: Engine, explain: bool) -> None:
    options = SearchOptions(mode="hybrid", explain=explain)
    whole = engine.search("subprocess hangs", options).results
    bare = engine.search("subprocess hangs", replace(options, snippets=False)).results
    assert bare == tuple(replace(hit, snippet=NO_SNIPPET) for hit in whole)


def test_added_replaced_and_deleted_passages_are_found_or_not_at_once(engine: Engine) -> None:
    assert engine.add([Passage("new", "zebra"), replace(PASSAGES[0], text="okapi")]) == Changes(
        added=1, replaced=1
    )
    assert ids(engine, "zebra", SearchOptions(mode="lexical")) == ["new"]
    assert ids(engine, "okapi", SearchOptions(mode="lexical")) == ["zip"]
    assert engine.delete(["new", "never there"]) == Changes(deleted=1)
    assert ids(engine, "zebra", SearchOptions(mode="lexical")) == []
    assert engine.passage("new") is None


def test_another_engine_sees_a_change_when_it_refreshes(engine: Engine) -> None:
    other = Engine.open(engine.folder, Toys())
    engine.add([Passage("new", "zebra")])
    assert ids(other, "zebra", SearchOptions(mode="lexical")) == []
    assert other.refresh()
    assert ids(other, "zebra", SearchOptions(mode="lexical")) == ["new"]
    assert not other.refresh()


def test_learned_weights_are_kept_in_the_folder(engine: Engine) -> None:
    engine.weigh({"lexical": 0.0, "dense": 1.0})
    other = Engine.open(engine.folder, Toys())
    options = SearchOptions(mode="hybrid")
    dense = ids(other, "stops lists", replace(options, mode="dense"))
    assert ids(other, "stops lists", options) == dense


def test_only_what_a_mode_needs_is_opened(engine: Engine) -> None:
    other = Engine.open(engine.folder, Toys(), only=("lexical",))
    assert other.modes() == ("lexical",)
    with pytest.raises(UsageError, match="open it whole"):
        other.add([Passage("new", "zebra")])


def test_many_queries_at_once_get_the_hits_of_each_alone(engine: Engine) -> None:
    queries = [Query("a", "pairs of lists"), Query("b", "subprocess hangs")]
    options = SearchOptions(k=3)
    together = engine.search_all(queries, options)
    for query, hits in zip(queries, together, strict=True):
        assert [hit.passage_id for hit in hits] == ids(engine, query.text, options)


@pytest.mark.parametrize(
    ("query", "options", "says"),
    [
        (" ", SearchOptions(), "empty"),
        ("x", SearchOptions(k=0), "k is 0"),
        ("x", SearchOptions(mode="sparse"), "choose one of them"),
        ("x", SearchOptions(where="colour = 'red'"), "colour"),
        ("x", SearchOptions(rerank="magic:M"), "magic"),
    ],
)
def test_wrong_use_is_refused_with_its_reason(
    engine: Engine, query: str, options: SearchOptions, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        engine.search(query, options)
