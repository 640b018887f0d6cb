"""What was passed over while reading: how often, for which reason, and where first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

RowT = TypeVar("RowT")


class Placed(NamedTuple, Generic[RowT]):
    """A row and where it was read, `corpus.jsonl:812`."""

    place: str
    row: RowT


class Reason(Enum):
    """Why something was passed over or mended instead of refused: each is harmless."""

    EMPTY_PASSAGE = "empty passages left out (neither title nor text, nor a picture)"
    REPEATED_PASSAGE = "passages left out that repeat an earlier one, id and all"
    NO_TITLE = "rows without the title column that was asked for"
    MENDED_TEXT = "texts with half a surrogate pair, mended with U+FFFD"
    EMPTY_QUERY = "empty queries left out"
    REPEATED_QUERY = "queries left out that repeat an earlier one, id and all"
    UNJUDGED_QUERY = "queries left out for which no split has a judgment"
    REPEATED_JUDGMENT = "judgments left out that repeat an earlier one"
    ABSENT_QUERY = "judgments left out because their query is absent"
    ABSENT_PASSAGE = "judgments kept although their passage is absent (it counts as not found)"
    OTHER_KIND = "files left out that are of no kind that is read"
    UNREADABLE_FILE = "files left out that cannot be read"
    UNREADABLE_PICTURE = "pictures left out that cannot be read"
    ABSENT_PICTURE = "captions left out whose picture is not there"
    EMPTY_SIDE = "translations left out of which one side is empty"
    ONE_LANGUAGE = "translation units left out that hold one language only"
    REPEATED_TRANSLATION = "translations left out that repeat an earlier one"
    EXCLUDED_TRANSLATION = "translations left out because a side is among the excluded texts"
    FILE_WITHOUT_TEXT = "files left out that hold no text (scanned pages?)"


@dataclass(frozen=True, slots=True)
class Skip:
    """How often one reason came up in one part of a collection, and where first."""

    part: str
    reason: Reason
    count: int
    first: str

    def __str__(self) -> str:
        return f"{self.count} {self.reason.value}; the first: {self.first}"


@dataclass(slots=True)
class ReadReport:
    """Everything passed over so far. Reading the same part again does not count twice."""

    _skips: dict[tuple[str, Reason], Skip] = field(default_factory=dict)

    @property
    def skips(self) -> list[Skip]:
        """One row for every part and reason, in the order in which they first came up."""
        return list(self._skips.values())

    def count(self, reason: Reason) -> int:
        """How often a reason came up, over all parts."""
        return sum(skip.count for skip in self._skips.values() if skip.reason is reason)

    def tally(self, part: str) -> Tally:
        """A count for one reading of one part, which feeds this report."""
        return Tally(self, part)

    def note(self, skip: Skip) -> None:
        """Keep the highest count of any reading: a reading may stop early or be repeated."""
        known = self._skips.get((skip.part, skip.reason))
        if known is None or known.count < skip.count:
            self._skips[skip.part, skip.reason] = skip


class Tally:
    """Counts during one reading of one part of a collection."""

    def __init__(self, report: ReadReport, part: str) -> None:
        self._report = report
        self._part = part
        self._counts: Counter[Reason] = Counter()
        self._first: dict[Reason, str] = {}

    def skip(self, reason: Reason, place: str) -> None:
        """Count one more, at `place`."""
        self._counts[reason] += 1
        first = self._first.setdefault(reason, place)
        self._report.note(Skip(self._part, reason, self._counts[reason], first))
