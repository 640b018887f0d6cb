"""The narrow seams where ways of searching are swapped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from acclimate.ranking import Rows
from acclimate.types import Hit, Passage, Query

#: True for the rows that may be found, shape (rows,).
Mask = npt.NDArray[np.bool_]
#: One score for each of some rows, float32.
Scores = npt.NDArray[np.float32]


class Retriever(Protocol):
    """Anything that ranks passages for queries."""

    @property
    def name(self) -> str: ...

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """The best k hits for each query, best first; equal scores are ordered by passage id."""
        ...


class Ranked(NamedTuple):
    """Rows of an index folder's snapshot with their scores, best first; shape (found,) each."""

    rows: Rows
    scores: Scores


class Leg(Protocol):
    """One way of ranking the rows of a snapshot: the parts of one kind, opened together.

    Rows count through all parts in the order in which they were opened. A leg never changes, and
    threads may share it.
    """

    def search(self, queries: Sequence[str], k: int, allowed: Mask) -> list[Ranked]:
        """The best k allowed rows for each query; equal scores by the tiebreak of the rows."""
        ...

    def score(self, query: str, rows: Rows) -> Scores:
        """The scores of chosen rows for one query, on the scale of `search`, shape (len(rows),)."""
        ...


@runtime_checkable
class EncodingLeg(Leg, Protocol):
    """A leg that asks a model what a query means."""

    def remembering(self) -> Leg:
        """The same leg for one search that asks it several times: queries are encoded once."""
        ...


class Kind(Protocol):
    """One kind of index: how passages become files, and how the files answer.

    An index folder is made of segments, each with a folder for every kind. A part's files are
    written once and never changed; the store decides when they count (engine/store.py), so that
    a kind need not write atomically.
    """

    @property
    def name(self) -> str:
        """The name of the part's folder, such as "lexical"."""
        ...

    @property
    def identity(self) -> str:
        """Changes whenever the same passages would be written otherwise (models, analysers)."""
        ...

    def write(self, folder: Path, passages: Sequence[Passage]) -> None:
        """Write a new part over passages, row by row in their order, into an empty folder."""
        ...

    def merge(self, folder: Path, parts: Sequence[Path], keep: Sequence[Mask]) -> None:
        """Write one part out of the kept rows of several, without reading any text again."""
        ...

    def open(self, parts: Sequence[Path], live: Mask, tiebreak: Rows) -> Leg:
        """Open parts by memory map. `live`: rows not deleted; `tiebreak`: unique, shape (rows,)."""
        ...
