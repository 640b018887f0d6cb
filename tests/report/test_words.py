"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from acclimate.report import words


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.1234, "+0.123"), (-0.1, "−0.100"), (-0.0001, "0.000"), (math.nan, "–"), (math.inf, "–")],
)
def test_differences_carry_a_sign_unless_they_are_nought(value: float, expected: str) -> None:
    assert words.signed(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (61, "1 min 01 s"), (3725, "1 h 02 min")],
)
def test_durations_come_in_the_unit_people_would_say(seconds: float, expected: str) -> None:
    assert words.duration(seconds) == expected


def test_small_chances_are_not_given_false_precision() -> None:
    assert [words.chance(p) for p in (0.0001, 0.0123, 1.0)] == ["< 0.001", "0.012", "1.000"]


def test_long_text_is_cut_with_a_mark() -> None:
    assert words.cut("one  two\nthree", 8) == "one two…"
    assert words.cut("one two", 8) == "one two"
