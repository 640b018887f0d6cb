from __future__ import annotations

import pytest

from acclimate.adapt.generate import (
    Budget,
    Distinct,
    budget,
    keep_usable,
    normal,
    shard_seed,
    words,
)
from acclimate.adapt.strays import checking
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


GERMAN = Passage("de", "Der Vermieter sucht einen neuen Mieter für die Wohnung in der Stadt.")
ASKED = [
    ("question", "wer sucht einen mieter für die wohnung"),
    ("question", "who is looking for a new tenant in the city"),
    ("keywords", "Miete"),  # too short to be told by its language
]


@pytest.mark.parametrize(
    ("settings", "kept", "counts"),
    [
        (
            GenerateSettings(languages="auto"),
            [0, 2],
            {"other language": 1, "unknown language, kept": 1},
        ),
        (
            GenerateSettings(languages="check"),
            [0, 2],
            {"other language": 1, "unknown language, kept": 1},
        ),
        (GenerateSettings(), [0, 1, 2], {}),
        (
            GenerateSettings(languages="auto", drop_other_languages=False),
            [0, 1, 2],
            {"other language, kept": 1, "unknown language, kept": 1},
        ),
        (
            GenerateSettings(languages="auto", query_languages=("en",)),
            [1, 2],
            {"other language": 1, "unknown language, kept": 1},
        ),
    ],
)
def test_queries_in_a_language_that_was_not_asked_for_are_counted(
    settings: GenerateSettings, kept: list[int], counts: dict[str, int]
) -> None:
    shard = keep_usable("g0", [GERMAN], [ASKED], set(), checking(settings))
    assert [row.text for row in shard.rows] == [ASKED[number][1] for number in kept]
    assert shard.counts == counts
    assert len({row.id for row in shard.rows}) == len(kept)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("किरायेदार को किराया देना पड़ता है", 6),
        ("租户在合同结束之前仍须支付租金", 5),
        ("the quick brown fox", 4),
    ],
)
def test_words_are_counted_in_every_script(text: str, count: int) -> None:
    assert words(normal(text)) == count


def test_copied_sentence_without_blanks_is_dropped() -> None:
    text = (
        "租户如果在固定租期结束之前搬走，在房东找到新租户之前仍须支付租金，房东必须作出合理的努力。"
    )
    copied = "租户如果在固定租期结束之前搬走，在房东找到新租户之前仍须支付租金"
    shard = keep_usable(
        "g0", [Passage("zh", text)], [[("claim", copied), ("keywords", "支付租金")]], set()
    )
    assert [row.text for row in shard.rows] == ["支付租金"]
    assert shard.counts == {"copied": 1}
