"""A cache that knows how much room it takes."""

from __future__ import annotations

from acclimate.indexes.kept import Kept


class Maker:
    """Gives a key back, and remembers that it was asked for."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, key: str) -> str:
        self.made.append(key)
        return key


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    make = Maker()
    kept = Kept(make, len, limit=5)
    assert [kept(key) for key in ("aa", "bb", "aa", "cc", "aa", "bb")][-1] == "bb"
    assert make.made == ["aa", "bb", "cc", "bb"]


def test_what_is_too_large_to_keep_is_made_each_time() -> None:
    make = Maker()
    kept = Kept(make, len, limit=3)
    assert [kept(key) for key in ("a", "long", "a", "long")] == ["a", "long", "a", "long"]
    assert make.made == ["a", "long", "long"]
