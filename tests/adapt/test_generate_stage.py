from __future__ import annotations

import pytest

from acclimate.adapt.generate import Budget, Distinct, budget, keep_usable, normal, shard_seed
from acclimate.settings import GenerateSettings
from acclimate.types import GeneratedQuery, Passage


@pytest.mark.parametrize(
    ("passages", "expected"),
    [
        (57_638, Budget(5, 57_638)),  # FiQA
        (5_183, Budget(49, 5_183)),  # SciFact
        (528_155, Budget(3, 83_333)),  # Robust04, sampled down to 83.3K
        (83_334, Budget(3, 83_333)),
        (1, Budget(250_000, 1)),
    ],
)
def test_budget_follows_the_paper(passages: int, expected: Budget) -> None:
    assert budget(GenerateSettings(), passages) == expected


def test_fixed_number_per_passage_leaves_no_passage_out() -> None:
    assert budget(GenerateSettings(per_passage=2), 1_000_000) == Budget(2, 1_000_000)


def test_total_below_the_least_still_asks_of_one_passage() -> None:
    assert budget(GenerateSettings(total=2), 10) == Budget(3, 1)


def test_unusable_outputs_are_dropped_and_counted() -> None:
    one = Passage("one", "The quick brown fox jumps over the lazy dog every morning.", "Foxes")
    two = Passage("two", "Nothing.")
    written = [
        [
            ("question", "what jumps over dogs"),
            ("keywords", "What jumps, over dogs?"),
            ("claim", "..."),
            ("question", "quick brown fox jumps over the lazy dog every morning"),
            ("question", "Taken from an example!"),
            ("claim", "the quick brown fox"),  # short enough to be somebody's words
        ],
        [("question", "what jumps over dogs"), ("claim", "")],
    ]
    shard = keep_usable("g7", [one, two], written, {normal("taken from an example")})
    assert shard.rows == [
        GeneratedQuery("g7-0", "what jumps over dogs", "one", "question"),
        GeneratedQuery("g7-5", "the quick brown fox", "one", "claim"),
        GeneratedQuery("g7-6", "what jumps over dogs", "two", "question"),
    ]
    assert shard.counts == {"duplicate": 1, "empty": 2, "copied": 2}


def test_distinct_keeps_the_first_of_equal_texts_and_counts_the_others_anew_each_time() -> None:
    first = [GeneratedQuery("a", "Pair lists", "p0", ""), GeneratedQuery("b", "zip", "p0", "")]
    second = [GeneratedQuery("c", "pair: lists", "p1", ""), GeneratedQuery("d", "sort", "p1", "")]
    distinct = Distinct([first, second])
    for _ in range(2):
        assert [query.id for query in distinct] == ["a", "b", "d"]
        assert distinct.dropped == 1


def test_every_shard_has_a_seed_of_its_own() -> None:
    seeds = {shard_seed(seed, number) for seed in range(10) for number in range(100)}
    assert len(seeds) == 1000
