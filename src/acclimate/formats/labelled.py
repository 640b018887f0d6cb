"""Tables of queries with their passages written out: pairs, triples, or lists with scores.

A pair has a query and a passage that answers it, a triple also one that does not, and a list has
passages with a score each. The names of the columns tell which it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from acclimate.errors import InputError
from acclimate.formats.readreport import Placed, Tally
from acclimate.formats.rows import FieldNames, Row
from acclimate.formats.source import Unlabelled
from acclimate.formats.tables import read_table
from acclimate.types import Passage

QUERY = ("query", "question", "anchor")
POSITIVE = ("positive", "passage")
_SHAPES = (
    "name the columns query and passage for pairs, query, positive and negative for triples, or "
    "query, passages and scores for lists"
)
#: No column stands out, so that none is left unread.
_EVERY_COLUMN = FieldNames("", "", "")
_HALF_PAIR = re.compile("[\ud800-\udfff]")


class LabelledTexts(NamedTuple):
    """A query with passages and their labels; a pair's is 1, a triple's are 1 and 0."""

    place: str
    query: str
    passages: tuple[str, ...]
    values: tuple[float, ...]
    scored: bool


@dataclass(frozen=True, slots=True)
class WrittenOut(Unlabelled):
    """The distinct passages of such rows as a collection, numbered as they come."""

    rows: Sequence[LabelledTexts]

    def passages(self, tally: Tally) -> Iterator[Placed[Passage]]:
        """Each text once."""
        del tally
        seen: set[str] = set()
        for row in self.rows:
            for text in row.passages:
                if text not in seen:
                    seen.add(text)
                    yield Placed(row.place, Passage(str(len(seen)), text))


def read_labelled(path: Path) -> list[LabelledTexts]:
    """The rows of the table. Raises InputError where one is no pair, triple or scored list."""
    rows = [_labelled(row) for row in read_table(path, _EVERY_COLUMN)]
    if not rows:
        raise InputError(f"{path}: no row in it; {_SHAPES}")
    return rows


def _labelled(row: Row) -> LabelledTexts:
    query = _text(row, _column(row, QUERY))
    if "passages" in row.fields:
        passages, scores = _texts(row, "passages"), _scores(row)
        if len(passages) != len(scores) or len(passages) < 2:
            raise InputError(
                f"{row.place}: {len(passages)} passages and {len(scores)} scores; give at least "
                "two different passages, and a score for each"
            )
        return LabelledTexts(row.place, query, passages, scores, True)
    positive = _text(row, _column(row, POSITIVE))
    negatives = _texts(row, "negative") if "negative" in row.fields else ()
    if positive in negatives:
        raise InputError(
            f"{row.place}: the negative is the positive, {positive[:60]!r}; remove the row"
        )
    values = (1.0, *(0.0 for _ in negatives))
    return LabelledTexts(row.place, query, (positive, *negatives), values, False)


def _column(row: Row, names: Sequence[str]) -> str:
    for name in names:
        if name in row.fields:
            return name
    raise InputError(f"{row.place}: no {names[0]!r} among {list(row.fields)}; {_SHAPES}")


def _text(row: Row, name: str) -> str:
    return _checked(row.fields[name], name, row.place)


def _texts(row: Row, name: str) -> tuple[str, ...]:
    """One text, or a list of them, none twice."""
    value = row.fields[name]
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(_checked(each, name, row.place) for each in values))


def _checked(value: object, name: str, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(
            f"{place}: {name!r} holds {value!r:.60}, no text; write one or remove the row"
        )
    # JSON can spell half a pair, which no encoder can take.
    return _HALF_PAIR.sub("\ufffd", value)


def _scores(row: Row) -> tuple[float, ...]:
    values = row.fields.get("scores")
    if not isinstance(values, list):
        raise InputError(f"{row.place}: 'scores' is {values!r:.60}; write a list of numbers")
    for value in values:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise InputError(f"{row.place}: the score {value!r:.60} is no number; write one")
    return tuple(map(float, values))
