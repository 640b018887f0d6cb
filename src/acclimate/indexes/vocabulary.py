"""The sorted terms of a part, found by binary search in a memory map."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from acclimate.indexes.postings import Places, mapped

Name = TypeVar("Name", str, int)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Distinct terms in the order of their UTF-8 bytes, which is that of Python's strings.

    blob: every term's bytes, one after the other; offsets: (terms + 1,), where each starts.
    """

    blob: npt.NDArray[np.uint8]
    offsets: Places

    @classmethod
    def of(cls, terms: Iterable[str]) -> Vocabulary:
        """From sorted, distinct terms."""
        encoded = [term.encode() for term in terms]
        offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets)

    @classmethod
    def open(cls, folder: Path) -> Vocabulary:
        return cls(
            mapped(folder / "terms.npy"),
            mapped(folder / "terms-offsets.npy"),
        )

    def save(self, folder: Path) -> None:
        np.save(folder / "terms.npy", self.blob)
        np.save(folder / "terms-offsets.npy", self.offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def find(self, term: str) -> int | None:
        """The term's place, or None."""
        wanted = term.encode()
        # Views of Python's own: numpy's scalars would take most of the time.
        blob, offsets = self.blob.data, self.offsets.data

        def at(place: int) -> bytes:
            return bytes(blob[offsets[place] : offsets[place + 1]])

        place = bisect_left(range(len(self)), wanted, key=at)
        return place if place < len(self) and at(place) == wanted else None

    def terms(self) -> list[str]:
        """All terms, in order."""
        blob, bounds = self.blob.tobytes(), self.offsets.tolist()
        return [blob[bounds[i] : bounds[i + 1]].decode() for i in range(len(self))]


def united(
    names: Sequence[Sequence[Name]], kept: Sequence[Places]
) -> tuple[list[Name], list[Places]]:
    """The names that several parts keep a row of, sorted, and the places of each part's names.

    kept: (names of the part,) each, how many rows keep the name; one that none does gets place 0.
    """
    some = [
        [name for name, count in zip(part, counts.tolist(), strict=True) if count]
        for part, counts in zip(names, kept, strict=True)
    ]
    union = sorted(set().union(*some))
    place = {name: number for number, name in enumerate(union)}
    return union, [
        np.fromiter((place.get(name, 0) for name in part), np.int64, len(part)) for part in names
    ]
