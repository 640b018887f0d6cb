"""An explanation of one hit, and that the words it names carry the score."""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import pytest

from acclimate.engine.attribution import ScoreTexts, strongest, word_weights
from acclimate.engine.explain import by_encoder, by_reranker, explain_hit, heaviest_terms
from acclimate.engine.fidelity import Fidelity, fidelity
from acclimate.engine.records import Explanation, TermWeight
from acclimate.models.cross import CrossScorer
from acclimate.models.dense import DenseEncoder
from acclimate.types import Passage, Query

if TYPE_CHECKING:
    from toys import Toys


def named_against_others(
    pairs: list[tuple[str, str]], scorer: Callable[[str], ScoreTexts], count: int
) -> list[Fidelity]:
    """For each (query, content): the drop without the named words, and without others."""
    return [fidelity_of(content, scorer(query), count) for query, content in pairs]


def fidelity_of(content: str, score: ScoreTexts, count: int) -> Fidelity:
    words = strongest(word_weights(content, score), count)
    return fidelity(content, [word.span for word in words], score)


def toy_pairs() -> list[tuple[str, str]]:
    """Questions in words of a passage and of its topic."""
    from toys import toy_passages

    draw = random.Random(11)
    return [
        (" ".join([draw.choice(toy.own), *draw.sample(toy.topical, 2)]), toy.passage.content)
        for toy in toy_passages(12)
    ]


def test_terms_come_heaviest_first_and_only_those_that_count() -> None:
    assert heaviest_terms([("b", 1.0), ("zero", 0.0), ("c", 2.0), ("a", 1.0)]) == (
        TermWeight("c", 2.0), TermWeight("a", 1.0), TermWeight("b", 1.0),
    )  # fmt: skip


def test_a_hit_of_bm25_alone_is_explained_by_its_terms() -> None:
    assert explain_hit("some words", [("word", 1.5)]) == Explanation((TermWeight("word", 1.5),))


def test_a_hit_of_a_model_is_explained_by_its_words() -> None:
    found = explain_hit("ab cd", score=lambda texts: [float("ab" in text) for text in texts])
    assert found.terms == ()
    assert [(word.word, word.weight) for word in found.words] == [("ab", 1.0), ("cd", 0.0)]


@pytest.mark.usefixtures("fp32")
def test_an_encoders_texts_score_as_in_a_search(toy: Toys) -> None:
    encoder = DenseEncoder.load(str(toy.encoder))
    texts = ["badu gifo", "kelo"]
    expected = encoder.encode_queries(["gifo"])[0] @ encoder.encode_passages(texts).T
    np.testing.assert_allclose(by_encoder(encoder, "gifo")(texts), expected, rtol=1e-6)


@pytest.mark.usefixtures("fp32")
def test_a_rerankers_texts_score_as_its_passages_do(toy: Toys) -> None:
    scorer = CrossScorer.load(str(toy.cross))
    passage = Passage("p", "badu gifo", "kelo")
    expected = scorer.score([(Query("q", "gifo"), passage)])
    assert by_reranker(scorer, "gifo")([passage.content]) == pytest.approx(expected, rel=1e-6)


def test_named_words_carry_more_of_an_encoders_score_than_others(toy: Toys) -> None:
    encoder = DenseEncoder.load(str(toy.encoder))
    found = named_against_others(toy_pairs(), lambda query: by_encoder(encoder, query), 3)
    assert all(each.named > each.others for each in found)


def test_named_words_carry_more_of_a_rerankers_score_than_others(toy: Toys) -> None:
    scorer = CrossScorer.load(str(toy.cross))
    found = named_against_others(toy_pairs(), lambda query: by_reranker(scorer, query), 3)
    assert fmean(each.named for each in found) > 2 * fmean(each.others for each in found)
    assert sum(each.named > each.others for each in found) >= len(found) - 1


@pytest.mark.parametrize("text", ["", "x", "北京大学", "👍🏽"])
def test_any_text_can_be_explained(toy: Toys, text: str) -> None:
    encoder = DenseEncoder.load(str(toy.encoder))
    assert all(np.isfinite(word.weight) for word in word_weights(text, by_encoder(encoder, "gifo")))
