"""What every reader of a written document returns, and what they share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.readreport import Reason

_BLANKS = re.compile(r"\s+")
_FILE_NAME_GLUE = re.compile(r"[\s_-]+")


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a document under one heading or on one page.

    `place` is empty where the document has no such parts: its paragraphs are then counted.
    """

    title: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """One heading (level 1 to 6) or one paragraph (level 0), in reading order."""

    level: int
    text: str


class UnreadableError(InputError):
    """One document of a folder that cannot be read; the folder goes on without it."""

    def __init__(self, message: str, reason: Reason = Reason.UNREADABLE_FILE) -> None:
        super().__init__(message)
        self.reason = reason


def name_of(path: Path) -> str:
    """A title for a document that states none: its file's name, as words."""
    return _FILE_NAME_GLUE.sub(" ", path.stem).strip()


def one_line(text: str) -> str:
    """Text without line breaks and doubled blanks."""
    return _BLANKS.sub(" ", text).strip()


def under_headings(blocks: Iterable[Block], title: str) -> Iterator[Section]:
    """Group paragraphs under their headings; a heading keeps those above it for its title.

    `Guide` > `Install` > `Linux` gives the title "Guide: Install: Linux" and the place
    "section Linux": a passage is found by the words of its headings too.
    """
    path: list[Block] = []
    paragraphs: list[str] = []
    for block in blocks:
        if not block.level:
            paragraphs.append(block.text)
            continue
        yield from _section(title, path, paragraphs)
        paragraphs = []
        path = [above for above in path if above.level < block.level] + [block]
    yield from _section(title, path, paragraphs)


def _section(title: str, path: list[Block], paragraphs: list[str]) -> Iterator[Section]:
    text = "\n\n".join(paragraphs).strip()
    if not text:
        return
    headings = [block.text for block in path if block.text]
    # The first heading is often the document's title once more.
    named = headings if headings and headings[0] == title else [title, *headings]
    place = f"section {headings[-1]}" if headings else ""
    yield Section(": ".join(part for part in named if part), place, text)
