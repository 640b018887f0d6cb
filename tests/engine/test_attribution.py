"""Which words of a passage carried its score."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.engine.attribution import (
    LEAST_VARIANTS,
    MOST_VARIANTS,
    strongest,
    without,
    word_weights,
)
from acclimate.engine.records import Span, WordWeight
from acclimate.errors import UsageError


def some_text(end: int, start: int = 0) -> str:
    """Different words that mean nothing, in sentences of ten."""
    return " ".join(f"w{n}." if n % 10 == 9 else f"w{n}" for n in range(start, end))


class Count:
    """Scores a text by what its words are worth, and keeps what it was asked."""

    def __init__(self, **worth: float) -> None:
        self.worth = worth
        self.batches: list[Sequence[str]] = []

    def __call__(self, texts: Sequence[str]) -> list[float]:
        self.batches.append(texts)
        return [
            sum(self.worth.get(word.strip("., "), 0.0) for word in text.split()) for text in texts
        ]


def weights(words: Sequence[WordWeight]) -> dict[str, float]:
    return {word.word: word.weight for word in words}


def test_a_words_weight_is_what_the_score_loses_without_it() -> None:
    score = Count(measles=2.0, vaccine=1.0, bread=-1.0)
    found = word_weights("A measles vaccine, no bread.", score)
    assert weights(found) == {"A": 0, "measles": 2, "vaccine": 1, "no": 0, "bread": -1}
    assert len(score.batches) == 1


def test_a_word_that_repeats_is_erased_everywhere_and_shares_its_weight() -> None:
    def score(texts: Sequence[str]) -> list[float]:
        return [float("zip" in text.lower()) for text in texts]

    found = word_weights("Zip, zip or zip again", score)
    assert [word.weight for word in found if word.word.lower() == "zip"] == [1 / 3] * 3
    assert weights(found)["again"] == 0


def test_spans_count_in_the_content() -> None:
    content = "A  measles\nvaccine."
    assert [
        content[word.span.start : word.span.end] for word in word_weights(content, Count())
    ] == ["A", "measles", "vaccine"]


def test_the_heavy_words_of_a_long_passage_are_found_within_the_bound() -> None:
    content = f"{some_text(300)} Two doses of the measles vaccine protect. {some_text(900, 300)}"
    score = Count(measles=2.0, vaccine=1.0)
    found = word_weights(content, score, most_variants=48)
    assert [word.word for word in strongest(found, 5)] == ["measles", "vaccine"]
    assert sum(len(batch) for batch in score.batches) <= 48


def test_words_of_an_endless_sentence_are_found_too() -> None:
    content = f"{some_text(4000)} vaccine {some_text(5000, 4000)}".replace(".", "")
    score = Count(vaccine=1.0)
    assert weights(strongest(word_weights(content, score), 1)) == {"vaccine": 1.0}
    assert sum(len(batch) for batch in score.batches) <= MOST_VARIANTS


def test_a_text_without_spaces_is_explained_in_pieces() -> None:
    def score(texts: Sequence[str]) -> list[float]:
        return [float("清华" in text) for text in texts]

    assert weights(strongest(word_weights("北京清华大学", score), 3)) == {"清华": 1.0}


@pytest.mark.parametrize("content", ["", " \n", "... !"])
def test_a_text_of_no_words_has_no_weights(content: str) -> None:
    assert word_weights(content, Count()) == ()


def test_the_only_word_of_a_text_weighs_its_whole_score() -> None:
    assert weights(word_weights("vaccine", Count(vaccine=1.5))) == {"vaccine": 1.5}


def test_too_small_a_bound_is_refused() -> None:
    with pytest.raises(UsageError, match="most_variants is 3; give 16 or more"):
        word_weights("text", Count(), most_variants=3)


def test_strongest_words_come_heaviest_first_and_none_that_lowered_the_score() -> None:
    words = [
        WordWeight(word, Span(at, at + 1), weight)
        for at, (word, weight) in enumerate([("a", 0.1), ("b", 0.3), ("c", -1), ("d", 0.3)])
    ]
    assert [word.word for word in strongest(words, 9)] == ["b", "d", "a"]
    assert [word.word for word in strongest(words, 1)] == ["b"]


def test_words_are_erased_and_the_rest_stays() -> None:
    assert without("one two three", [Span(0, 3), Span(8, 13)]) == " two "


@given(st.text(alphabet="abcd .\n京都。", max_size=900), st.integers(LEAST_VARIANTS, 60))
def test_no_more_texts_are_scored_than_allowed(content: str, most: int) -> None:
    score = Count(a=1.0, b=0.5)
    found = word_weights(content, score, most_variants=most)
    assert sum(len(batch) for batch in score.batches) <= most
    assert bool(found) == any(char not in " .\n。" for char in content)
    starts = [word.span.start for word in found]
    assert starts == sorted(set(starts))
