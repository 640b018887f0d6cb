"""One committed state of an index folder, opened for searching."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from acclimate.engine.settings import IndexSettings
from acclimate.indexes.base import Kind, Leg, Mask
from acclimate.ranking import Rows
from acclimate.types import Passage


class Snapshot:
    """What one commit of an index folder holds. It never changes, and threads may share it.

    Rows count through all segments in their order, dead rows included.
    """

    #: What the index is made of.
    settings: IndexSettings
    #: The number of the commit.
    version: int
    #: One leg for each kind that was asked for, by the kind's name.
    legs: Mapping[str, Leg]
    #: Rows that hold a passage, shape (rows,).
    live: Mask
    #: The place of each row's id among the sorted ids; unique for dead rows too, shape (rows,).
    tiebreak: Rows

    @classmethod
    def open(cls, folder: Path, kinds: Sequence[Kind]) -> Snapshot:
        """Open the latest commit for these kinds; they may be fewer than the index has."""
        raise NotImplementedError

    @property
    def count(self) -> int:
        """How many passages there are."""
        raise NotImplementedError

    def ids(self, rows: Rows) -> list[str]:
        """The ids of live rows, in their order."""
        raise NotImplementedError

    def rows(self, ids: Sequence[str]) -> Rows:
        """The rows of ids, shape (len(ids),); -1 for an id that is not there."""
        raise NotImplementedError

    def passages(self, rows: Rows) -> list[Passage]:
        """The passages of live rows, in their order."""
        raise NotImplementedError

    def allowed(self, where: str) -> Mask:
        """The live rows that a filter matches, shape (rows,), read-only; all for an empty one."""
        raise NotImplementedError

    def fields(self) -> dict[str, int]:
        """The names of metadata fields, with how many passages have each."""
        raise NotImplementedError

    def is_current(self) -> bool:
        """Whether nothing was committed since; cheap enough to ask before every search."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back what is open. Close it when no thread uses it any more."""
        raise NotImplementedError
