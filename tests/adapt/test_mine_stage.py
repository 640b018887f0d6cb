from __future__ import annotations

import pytest

from acclimate.adapt.mine import choose
from acclimate.types import Hit

HITS = [Hit("copy", 10), Hit("own", 10), Hit("a", 9.6), Hit("b", 9), Hit("c", 1), Hit("d", -2)]
COPIES = {each: frozenset(("own", "copy")) for each in ("own", "copy")}


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [
        (2, 0.0, ("a", "b")),
        (9, 0.0, ("a", "b", "c", "d")),
        (9, 0.95, ("b", "c", "d")),
        (1, 0.95, ("b",)),
        (9, 0.5, ("c", "d")),
    ],
)
def test_best_passages_that_are_neither_the_positive_nor_its_copy_are_chosen(
    count: int, share: float, expected: tuple[str, ...]
) -> None:
    assert choose(HITS, "own", COPIES, count, share) == expected


def test_what_scores_above_a_positive_below_zero_is_no_certain_negative() -> None:
    # 95 percent of -2 is -1.9, which "above" would pass.
    hits = [Hit("above", -1.95), Hit("own", -2.0), Hit("below", -2.1)]
    assert choose(hits, "own", {}, 9, 0.95) == ("below",)


def test_without_copies_only_the_positive_itself_is_left_out() -> None:
    assert choose(HITS, "own", {}, 3, 0.0) == ("copy", "a", "b")


def test_no_hit_is_a_certain_negative_where_the_positive_was_not_found() -> None:
    assert choose(HITS, "elsewhere", COPIES, 9, 0.95) == ()
    assert len(choose(HITS, "elsewhere", COPIES, 9, 0.0)) == 6
