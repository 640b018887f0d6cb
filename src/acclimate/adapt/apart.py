"""Which queries are held out, and for what. Their passages decide, so that none is half known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from acclimate.settings import TrainSettings

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Sides(Generic[Row]):
    """Labelled queries by what they are for; all queries of a passage are on one side."""

    learning: Sequence[Row]
    #: They choose the step, and the mixture of weights.
    choosing: Sequence[Row]
    #: They tell in the end whether it helped. What chose would speak for its own choice.
    reporting: Sequence[Row]


def sides(rows: Sequence[Row], places: Sequence[bytes], last: bytes) -> Sides[Row]:
    """Part rows by the places of their passages, of which `last` is the last that is held out.

    The first half of those held out choose. A single passage has to do both.
    """
    held_out = sorted(each for each in places if each <= last)
    middle = held_out[(len(held_out) - 1) // 2] if held_out else b""
    placed = list(zip(rows, places, strict=True))
    choosing = [row for row, each in placed if each <= middle]
    reporting = [row for row, each in placed if middle < each <= last]
    return Sides([row for row, each in placed if each > last], choosing, reporting or choosing)


def place(seed: int, passage_id: str) -> bytes:
    """Where a passage stands in the order in which they are held out: first the least."""
    return hashlib.sha256(f"{seed}/{passage_id}".encode()).digest()


def border(places: Sequence[bytes], settings: TrainSettings) -> bytes:
    """The last place that is held out, of those of all queries (at least one)."""
    if not places:
        return b""
    wanted = max(1, min(settings.max_held_out, round(settings.held_out * len(places))))
    return sorted(places)[wanted - 1]
