"""A text with its white space made plain, and where each of its characters came from."""

from __future__ import annotations

import re
from bisect import bisect_right

from acclimate.engine.records import Span

# Words parted by single blanks: most texts are one such piece.
_PIECE = re.compile(r"\S++(?: \S++)*+")


class Flat:
    """`text` is the content in one line; `span` brings spans of the content over to it."""

    def __init__(self, content: str) -> None:
        pieces = [match.span() for match in _PIECE.finditer(content)]
        self.text = " ".join(content[start:end] for start, end in pieces)
        # As most contents are: nothing in them changes its place.
        self._plain = self.text == content
        self._starts = [start for start, _ in pieces]
        self._lengths = [end - start for start, end in pieces]
        self._places: list[int] = []
        at = 0
        for length in self._lengths:
            self._places.append(at)
            at += length + 1

    def span(self, span: Span) -> Span | None:
        """The same characters in `text`, less the white space around them; None if none is left."""
        if self._plain and self._is_trim(span):
            return span
        start, end = self.start(span.start), self.end(span.end)
        return Span(start, end) if start < end else None

    def start(self, at: int) -> int:
        """The place in `text` of the first character at or after `at` that is no white space."""
        piece = bisect_right(self._starts, at) - 1
        if piece < 0:
            return 0
        within = at - self._starts[piece]
        if within < self._lengths[piece]:
            place = self._places[piece] + within
            return place + (self.text[place] == " ")
        following = piece + 1
        return self._places[following] if following < len(self._places) else len(self.text)

    def origin(self, place: int) -> int:
        """Where in the content the character at a place of `text` stands; its end at the end."""
        piece = bisect_right(self._places, place) - 1
        return self._starts[piece] + place - self._places[piece] if piece >= 0 else place

    def _is_trim(self, span: Span) -> bool:
        text, start, end = self.text, span.start, span.end
        return start < end and text[start] != " " and text[end - 1] != " "

    def end(self, at: int) -> int:
        """The place in `text` behind the last character before `at` that is no white space."""
        piece = bisect_right(self._starts, at - 1) - 1
        if piece < 0:
            return 0
        end = self._places[piece] + min(at - self._starts[piece], self._lengths[piece])
        return end - (self.text[end - 1 : end] == " ")
