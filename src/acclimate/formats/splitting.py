"""Long texts into passages: between paragraphs if possible, else sentences, else words."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from acclimate.errors import UsageError

# Scripts written without spaces. A Chinese or Japanese character counts as a word and may be
# parted from the next; a run of Thai, Lao, Burmese or Khmer is never cut, but counts for several.
_IDEOGRAPH = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_RUN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_CHARACTERS_A_WORD = 5
_WORD = re.compile(f"[{_IDEOGRAPH}][^\\w\\s{_IDEOGRAPH}]*|[^\\s{_IDEOGRAPH}]+")
_SENTENCE_END = re.compile("[.!?…。！？।؟][\"'”’»)\\]」』）]*$")
_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n")


@dataclass(frozen=True, slots=True)
class PassageSize:
    """How long a passage may be, and how much of the one before it repeats, in words."""

    words: int
    overlap: int

    def __post_init__(self) -> None:
        if self.words < 1:
            raise UsageError(f"passage_words is {self.words}; choose 1 or more")
        if not 0 <= self.overlap <= self.words // 2:
            raise UsageError(
                f"overlap_words is {self.overlap}; choose 0 to half of passage_words "
                f"({self.words // 2})"
            )


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and the number of the paragraph in which it begins."""

    text: str
    paragraph: int


@dataclass(frozen=True, slots=True)
class _Words:
    """Where the words of a text lie, what they weigh, and where it may be cut before them."""

    spans: list[tuple[int, int]]
    weight_before: list[int]
    paragraphs: list[int]
    sentences: list[int]


def split_text(text: str, size: PassageSize) -> Iterator[Piece]:
    """The pieces of a text, none longer than `size` unless a single word is; no word is cut."""
    words = _words(text)
    last, start = len(words.spans), 0
    while start < last:
        cut = _cut(words, start, size)
        begin, end = words.spans[start][0], words.spans[cut - 1][1]
        paragraph = bisect_right(words.paragraphs, start) + 1
        yield Piece(text[begin:end], paragraph)
        start = cut if cut == last else max(start + 1, _back(words, cut, size.overlap))


def _cut(words: _Words, start: int, size: PassageSize) -> int:
    """The word before which the piece that begins at `start` ends.

    What remains is shared out evenly, so that no piece of three words is left at the end.
    """
    before, limit, overlap = words.weight_before, size.words, size.overlap
    remaining = before[-1] - before[start]
    last = len(words.spans)
    if remaining <= limit:
        return last
    furthest = max(start + 1, bisect_right(before, before[start] + limit) - 1)
    nearest = bisect_right(before, before[start] + limit // 2)
    pieces = -((overlap - remaining) // (limit - overlap))  # rounded up
    goal = before[start] + (remaining + (pieces - 1) * overlap) / pieces
    for cuts in (words.paragraphs, words.sentences):
        low, high = bisect_right(cuts, nearest - 1), bisect_right(cuts, furthest)
        if low < high:
            return min(cuts[low:high], key=lambda cut: abs(before[cut] - goal))
    return max(start + 1, min(furthest, bisect_left(before, goal)))


def _back(words: _Words, cut: int, overlap: int) -> int:
    """The word from which `overlap` words before a cut are repeated."""
    return bisect_right(words.weight_before, words.weight_before[cut] - overlap - 1)


def _words(text: str) -> _Words:
    spans = [match.span() for match in _WORD.finditer(text)]
    weights = (_weight(text[begin:end]) for begin, end in spans)
    paragraphs, sentences = [], []
    for number in range(1, len(spans)):
        end, begin = spans[number - 1][1], spans[number][0]
        if _PARAGRAPH_BREAK.search(text, end, begin):
            paragraphs.append(number)
        elif _SENTENCE_END.search(text, spans[number - 1][0], end):
            sentences.append(number)
    return _Words(spans, list(accumulate(weights, initial=0)), paragraphs, sentences)


def _weight(word: str) -> int:
    if not "\u0e00" <= word[0] <= "\u17ff" or not re.match(f"[{_RUN}]", word):
        return 1
    return -(-len(word) // _CHARACTERS_A_WORD)
