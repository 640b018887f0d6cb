"""What is found out about a passage's content to cut a snippet out of it, kept for the next search.

Most of what a snippet costs is reading the whole passage, whatever was asked for. Contents are
known by themselves, so that a passage that has changed is another one.
"""

from __future__ import annotations

from typing import NamedTuple

from acclimate.engine.layout import Layout
from acclimate.indexes.analysers import analyser
from acclimate.indexes.analysis import ReadText
from acclimate.indexes.kept import Kept

#: Bytes, about; for passages of an abstract's length, ten thousand or so.
KEPT_CONTENTS = 64 << 20


class Content(NamedTuple):
    """A content with its words and its sentences."""

    text: ReadText
    layout: Layout


class Contents:
    """Contents in the language of an index. Threads may share them."""

    def __init__(self, language: str) -> None:
        self._analyse = analyser(language)
        self._kept: Kept[str, Content] = Kept(self._read, _size, KEPT_CONTENTS)

    def __call__(self, content: str) -> Content:
        """A content that was read now or before."""
        return self._kept(content)

    def terms(self, query: str) -> frozenset[str]:
        """The terms of a query."""
        return frozenset(self._analyse(query))

    def _read(self, content: str) -> Content:
        return Content(self._analyse.read(content), Layout(content))


def _size(content: Content) -> int:
    return content.text.size + content.layout.size
