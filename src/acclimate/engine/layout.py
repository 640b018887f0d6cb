"""A passage's content as snippets are cut from it: in one line, with its sentences."""

from __future__ import annotations

from collections.abc import Iterator
from sys import getsizeof

from acclimate.engine.flat import Flat
from acclimate.engine.units import sentence_ends

# Bytes for what is known besides the content: where its white space is.
_BESIDES = 500


class Layout:
    """Places are those of the flat text.

    Sentences are sought around a snippet only, since a snippet needs a few of them and a passage
    may have many.
    """

    def __init__(self, content: str) -> None:
        self.flat = Flat(content)
        self._content = content

    @property
    def size(self) -> int:
        """About how many bytes are held."""
        return _BESIDES + 2 * getsizeof(self._content)

    def begins(self, low: int, high: int) -> list[int]:
        """Where a sentence begins from `low` to `high`, both included; in order."""
        begins = [self.flat.start(at) for at in self._breaks(low, high)]
        end = len(self.flat.text)
        return [at for at in dict.fromkeys([0, *begins]) if low <= at <= high and at < end]

    def ends(self, low: int, high: int) -> list[int]:
        """Where a sentence ends from `low` to `high`, both included; in order."""
        ends = [self.flat.end(at) for at in self._breaks(low, high)]
        whole = len(self.flat.text)
        return [at for at in dict.fromkeys([*ends, whole]) if low <= at <= high and at > 0]

    def _breaks(self, low: int, high: int) -> Iterator[int]:
        """Where sentences part around these places, in the content."""
        return sentence_ends(self._content, self.flat.origin(low), self.flat.origin(high))
