"""doc2query: what is written, what the filter keeps of it, and when models are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import toys
from acclimate.engine import expand as module
from acclimate.engine.engine import Engine
from acclimate.engine.expand import QueryExpander, open_expander
from acclimate.engine.manifest import read_manifest
from acclimate.engine.models import Models
from acclimate.engine.settings import IndexSettings
from acclimate.errors import UsageError
from acclimate.models.base import PairScorer
from acclimate.models.generator import load_generator
from acclimate.search.rerankers import open_reranker
from acclimate.settings import GenerateSettings
from acclimate.types import Passage, Query
from toys import Toys

PASSAGES = [toy.passage for toy in toys.toy_passages(8)]


@dataclass(frozen=True)
class Scripted:
    """A generator that writes what it is told, and how often it was asked for what."""

    queries: tuple[tuple[str, ...], ...]
    name: str = "scripted"
    identity: str = "scripted-1"

    def generate(
        self, passages: Sequence[Passage], per_passage: int, seed: int
    ) -> list[list[tuple[str, str]]]:
        rows = [self.queries[int(passage.id)] for passage in passages]
        return [[("question", text) for text in row[:per_passage]] for row in rows]


@dataclass(frozen=True)
class Numbers:
    """A teacher for which a query's score stands in the query."""

    name: str = "numbers"
    identity: str = "numbers-1"

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        return [float(query.text.split()[-1]) for query, _ in pairs]


def passages(count: int, start: int = 0) -> list[Passage]:
    return [Passage(str(n), f"text {n}") for n in range(start, start + count)]


def expander(
    *queries: tuple[str, ...], keep: PairScorer | None = None, share: float = 0.5, each: int = 3
) -> QueryExpander:
    return QueryExpander(Scripted(queries), GenerateSettings(), each, keep, share)


def test_each_passage_gets_its_queries_once_each() -> None:
    expand = expander(("a", "b", "a"), ("", "c", "c"), ("d", "e", "f", "g"))
    assert expand.expand(passages(3)) == [["a", "b"], ["c"], ["d", "e", "f"]]
    assert expand.expand([]) == []


def test_filter_keeps_the_best_share_of_all_queries_wherever_they_are() -> None:
    rows = (("q 9", "r 8", "s 7"), ("t 1", "u 2", "v 3"))
    expand = expander(*rows, keep=Numbers(), share=0.5)
    assert expand.expand(passages(2)) == [["q 9", "r 8", "s 7"], []]
    assert expander(*rows, keep=Numbers(), share=1).expand(passages(2)) == [list(r) for r in rows]
    little = expander(*rows, keep=Numbers(), share=0.01)
    assert little.expand(passages(2)) == [["q 9"], []]


def test_threshold_of_the_first_passages_holds_for_later_ones() -> None:
    rows = (("q 9", "r 8"), ("s 7", "t 6"), ("u 2", "v 1"), ("w 2", "x 8"))
    expand = expander(*rows, keep=Numbers(), share=0.5)
    assert (expand.expand([]), expand.threshold) == ([], None)
    assert expand.expand(passages(2)) == [["q 9", "r 8"], []]
    assert expand.threshold == 8
    assert expand.expand(passages(2, start=2)) == [[], ["x 8"]]


def test_given_threshold_holds_from_the_first_passage_on() -> None:
    scripted = Scripted((("q 9", "r 8"), ("s 3", "t 2")))
    expand = QueryExpander(scripted, GenerateSettings(), 2, Numbers(), 0.25, threshold=3.0)
    assert expand.expand(passages(2)) == [["q 9", "r 8"], ["s 3"]]


class BareModels(Models):
    """Asks for no model but the re-ranker that scores by the number in a query."""

    def reranker(self, name: str) -> PairScorer:
        return Numbers(name)


def test_an_update_keeps_to_the_threshold_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (("fox 9", "hen 8"), ("owl 7", "cat 6"), ("bee 7.5", "ant 1"), ("elk 8.5", "cow 1"))
    monkeypatch.setattr(module, "load_generator", lambda settings: Scripted(rows))
    settings = IndexSettings(
        models=(), expand="scripted", expand_queries=2, expand_filter="numbers", expand_keep=0.5
    )
    Engine.create(tmp_path / "index", settings, passages(2), BareModels()).close()
    assert read_manifest(tmp_path / "index").settings == replace(settings, expand_threshold=8.0)

    again = Engine.open(tmp_path / "index", BareModels())
    again.update(passages(4))
    found = {
        word: [result.passage.id for result in again.search(word).results]
        for word in ("fox", "hen", "owl", "bee", "elk")
    }
    # Of its own four queries an update alone would have kept the bee's too.
    assert found == {"fox": ["0"], "hen": ["0"], "owl": [], "bee": [], "elk": ["3"]}


def test_a_language_model_writes_and_another_model_filters(toy: Toys) -> None:
    settings = GenerateSettings(model=str(toy.causal), max_query_tokens=10)
    generator = load_generator(settings)
    every = QueryExpander(generator, settings, 4, None, 1.0).expand(PASSAGES)
    keep = open_reranker(f"encoder:{toy.encoder}")
    kept = QueryExpander(generator, settings, 4, keep, 0.25).expand(PASSAGES)
    written, left = sum(map(len, every)), sum(map(len, kept))
    assert 16 < written <= 32
    assert left == -(-written // 4)
    assert all(set(few) <= set(many) for few, many in zip(kept, every, strict=True))
    scores = {
        (passage.id, text): keep.score([(Query("", text), passage)])[0]
        for passage, row in zip(PASSAGES, every, strict=True)
        for text in row
    }
    chosen = {(p.id, text) for p, row in zip(PASSAGES, kept, strict=True) for text in row}
    worst = min(scores[each] for each in chosen)
    assert all(score <= worst + 1e-6 for each, score in scores.items() if each not in chosen)


def test_identity_covers_generator_settings_and_filter() -> None:
    one = GenerateSettings()
    generator = Scripted((("a",),))
    variants = [
        QueryExpander(generator, one, 3, None, 0.5),
        QueryExpander(replace(generator, identity="scripted-2"), one, 3, None, 0.5),
        QueryExpander(generator, replace(one, temperature=0.5), 3, None, 0.5),
        QueryExpander(generator, one, 4, None, 0.5),
        QueryExpander(generator, one, 3, Numbers(), 0.5),
        QueryExpander(generator, one, 3, Numbers(), 0.4),
        QueryExpander(generator, one, 3, replace(Numbers(), identity="numbers-2"), 0.5),
    ]
    assert len({each.identity for each in variants}) == len(variants)
    # The share means nothing where nothing is filtered.
    assert QueryExpander(generator, one, 3, None, 0.9).identity == variants[0].identity


def test_index_opens_its_expander_without_its_models() -> None:
    settings = IndexSettings(expand="no/such-generator", expand_filter="monot5:no/such-teacher")
    expand = open_expander(settings, Models())
    assert expand.identity == ("doc2query no/such-generator x5, best 0.3 by monot5:no/such-teacher")
    plain = open_expander(replace(settings, expand_filter=""), Models())
    assert plain.identity == "doc2query no/such-generator x5"


def test_expander_of_an_index_writes_with_the_models_that_it_names(toy: Toys) -> None:
    settings = IndexSettings(
        expand=str(toy.causal),
        expand_queries=3,
        expand_filter=f"likelihood:{toy.causal}",
        expand_keep=0.5,
    )
    written = open_expander(settings, Models()).expand(PASSAGES[:4])
    assert len(written) == 4
    assert 1 <= sum(map(len, written)) <= 6


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"expand_queries": 0}, "expand_queries is 0; write at least 1"),
        ({"expand_keep": 0.0}, "expand_keep is 0.0; keep a share above 0"),
        ({"expand_keep": 1.5}, "up to 1"),
        ({"expand": ""}, "name a generator"),
        ({"lexical": False}, "read by the lexical index"),
    ],
)
def test_settings_that_make_no_sense_are_refused_before_any_model_is_loaded(
    wrong: dict[str, Any], says: str
) -> None:
    settings = IndexSettings(expand="no/such", expand_filter="monot5:no/such")
    with pytest.raises(UsageError, match=says):
        replace(settings, **wrong)
