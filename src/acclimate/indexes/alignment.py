"""Where each character of a folded text comes from in the text as it was."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

Origin = list[tuple[int, int]]

# Words of ASCII together with what is between them, as far as they go; then word by word.
_RUN = re.compile(r"[\x00-\x7f]+(?!\S)|\s+|\S+")
# Vowels and final consonants of Hangul that join the letter before them, as marks do elsewhere.
_JOINING_JAMO = range(0x1160, 0x1200)


def keeps_places(text: str, folded: str) -> bool:
    """Whether each character of a lowered text stands where it stood.

    So it is where nothing had to be normalised and lowering made nothing longer: it makes nothing
    shorter that could make up for that.
    """
    return len(folded) == len(text) and (text.isascii() or unicodedata.is_normalized("NFKC", text))


def aligned(text: str, fold: Callable[[str], str]) -> tuple[str, Origin]:
    """The folded text, and for each of its characters where it starts and ends in `text`.

    Folding may make one character of several (a letter and its accent) or several of one (a
    ligature), but nothing that spans white space. Where it cannot be told which came of which, a
    whole run without white space is named.
    """
    folded: list[str] = []
    origin: Origin = []
    for run in _RUN.finditer(text):
        whole = fold(run.group())
        folded.append(whole)
        if keeps_places(run.group(), whole):
            origin += [(at, at + 1) for at in range(*run.span())]
            continue
        places = _places(run.group(), run.start(), fold)
        origin += places if len(places) == len(whole) else [run.span()] * len(whole)
    return "".join(folded), origin


def _places(run: str, at: int, fold: Callable[[str], str]) -> Origin:
    places: Origin = []
    for start, end in _clusters(run):
        size = len(fold(run[start:end]))
        if size == end - start:
            places += [(at + place, at + place + 1) for place in range(start, end)]
        else:
            places += [(at + start, at + end)] * size
    return places


def _clusters(run: str) -> Iterator[tuple[int, int]]:
    """Stretches that fold on their own: a character with the marks that follow it."""
    start = 0
    for at in range(1, len(run)):
        if not _joins(run[at]):
            yield start, at
            start = at
    yield start, len(run)


def _joins(character: str) -> bool:
    # Halfwidth kana's voicing marks are marks only once they are folded.
    first = unicodedata.normalize("NFKC", character)[0]
    return unicodedata.category(first).startswith("M") or ord(first) in _JOINING_JAMO
