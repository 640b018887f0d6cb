"""A passage's content as snippets are cut from it: in one line, with its sentences."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from sys import getsizeof

from acclimate.engine.flat import Flat
from acclimate.engine.records import Span
from acclimate.engine.units import sentence_spans

# Bytes for what is known besides the content: where its sentences and its white space are.
_BESIDES = 1000


class Layout:
    """`begins` and `ends` are those of the sentences in the flat text, in order."""

    def __init__(self, content: str) -> None:
        self.flat = Flat(content)
        self._content = content

    @property
    def size(self) -> int:
        """About how many bytes are held."""
        return _BESIDES + 2 * getsizeof(self._content)

    @property
    def begins(self) -> Sequence[int]:
        return self._sentences[0]

    @property
    def ends(self) -> Sequence[int]:
        return self._sentences[1]

    @cached_property
    def _sentences(self) -> tuple[array[int], array[int]]:
        # Found before the white space is made plain, because a blank line ends a sentence too.
        flat = [self.flat.span(each) for each in sentence_spans(self._content)]
        spans: list[Span] = [each for each in flat if each]
        return array("q", (each.start for each in spans)), array("q", (each.end for each in spans))


def within(places: Sequence[int], low: int, high: int) -> Sequence[int]:
    """Those of the places in order that lie from `low` to `high`, both included."""
    return places[bisect_left(places, low) : bisect_right(places, high)]
