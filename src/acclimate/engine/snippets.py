"""The part of a passage that shows best why it was found.

The window with the largest sum of weights is shown, as in passage retrieval by density of terms:
a term counts fully where it weighs most and little where it repeats, so that a window with two
terms of the query wins over one with a single term twice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from acclimate.engine.flat import Flat
from acclimate.engine.layout import Layout
from acclimate.engine.records import Snippet, Span, WordWeight
from acclimate.engine.units import joined, may_cut
from acclimate.indexes.analysers import analyser
from acclimate.types import Passage

#: Characters of a snippet, without the "…" of what is left out: three lines on a page.
WIDTH = 240
#: What a term's second and further occurrences in one window count, beside its first.
REPEATED = 0.1
#: The share of the room around the reasons that goes before them, where no sentence begins there.
_BEFORE = 1 / 3
#: A snippet may end with a sentence if it then fills this share of its width.
_FULL_ENOUGH = 0.6
CUT = "…"


class Reason(NamedTuple):
    """Something in a passage's content that speaks for showing it; repetitions share a `key`."""

    span: Span
    key: str
    weight: float = 1.0


def from_matches(
    matches: Iterable[tuple[int, int, str]], weights: Mapping[str, float] | None = None
) -> list[Reason]:
    """Reasons from (start, end, term); each term weighs 1, or what `weights` says of it."""
    return [
        Reason(Span(start, end), term, 1.0 if weights is None else weights.get(term, 0.0))
        for start, end, term in matches
    ]


def from_words(words: Iterable[WordWeight]) -> list[Reason]:
    """Reasons from the words of an explanation; those that lower the score are none."""
    return [Reason(word.span, word.word.casefold(), word.weight) for word in words]


def body_start(passage: Passage) -> int:
    """Where the body begins in a passage's content, behind the title; 0 if there is no body."""
    if not passage.title or not passage.text.strip():
        return 0
    joined_up = f"{passage.title} {passage.text}"
    stripped = len(joined_up) - len(joined_up.lstrip())
    return max(0, len(passage.title) + 1 - stripped)


def best_snippet(
    content: str,
    reasons: Sequence[Reason] = (),
    *,
    start: int = 0,
    width: int = WIDTH,
) -> Snippet:
    """The window of at most `width` characters from `start` on whose reasons weigh most.

    Without reasons it shows the beginning. All spans count in `content`;
    the marks of the snippet count in its own text, whose white space is made plain.
    """
    return snippet_of(Layout(content), reasons, start=start, width=width)


def beginning(passage: Passage) -> Snippet:
    """What to show of a passage that no word was asked for."""
    return best_snippet(passage.content, start=body_start(passage))


def snippet_of(
    layout: Layout, reasons: Sequence[Reason] = (), *, start: int = 0, width: int = WIDTH
) -> Snippet:
    """The same of a content that is laid out already."""
    flat = layout.flat
    low = flat.start(start)
    if low >= len(flat.text):
        low = 0
    found = _placed(flat, reasons, low)
    core = _core(found, width) or Span(low, low)
    window = _frame(layout, core, low, width)
    return _cut_out(flat.text, window, low, found)


def highlight_words(query: str, text: str, language: str) -> tuple[Span, ...]:
    """Where in a text the query's terms stand, as BM25 reads both; merged and in order."""
    analyse = analyser(language)
    wanted = set(analyse(query))
    return merged(Span(start, end) for start, end, _ in analyse.find(text, wanted))


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, those that overlap or touch made one."""
    whole: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if whole and span.start <= whole[-1].end:
            whole[-1] = Span(whole[-1].start, max(whole[-1].end, span.end))
        elif span.start < span.end:
            whole.append(span)
    return tuple(whole)


class _Place(NamedTuple):
    """Where a reason that counts stands in the flat text."""

    start: int
    end: int
    key: str
    weight: float


def _placed(flat: Flat, reasons: Iterable[Reason], low: int) -> list[_Place]:
    """The reasons that count, in order."""
    placed = [
        _Place(at.start, at.end, key, weight)
        for span, key, weight in reasons
        if weight > 0 and (at := flat.span(span)) and at.start >= low
    ]
    return sorted(placed, key=itemgetter(0, 1))


def _core(places: Sequence[_Place], width: int) -> Span | None:
    """From the first to the last reason of the best window; the earliest of equals."""
    best, most = None, 0.0
    starts = [place.start for place in places]
    sums = list(accumulate((place.weight for place in places), initial=0.0))
    for number, start in enumerate(starts):
        limit = start + width
        behind = bisect_left(starts, limit, number)
        # Not even if every reason counted fully.
        if sums[behind] - sums[number] <= most:
            continue
        value, end, seen = 0.0, start, dict[str, float]()
        for nth in range(number, behind):
            _, stop, key, weight = places[nth]
            # The first alone may be wider than the window, which then shows its beginning.
            if stop > limit and nth > number:
                continue
            # A key counts as much as its best weight, and a little for each repetition.
            before = seen.get(key, 0.0)
            if weight > before:
                seen[key] = weight
                value += weight - before + REPEATED * before
            else:
                value += REPEATED * weight
            end = max(end, min(stop, limit))
        if value > most:
            best, most = Span(start, end), value
    return best


def _frame(layout: Layout, core: Span, low: int, width: int) -> Span:
    """A window around the core that begins and ends where a reader would cut."""
    text = layout.flat.text
    if len(text) - low <= width:
        return Span(low, len(text))
    room = width - (core.end - core.start)
    # Near the end of the text, room that is not needed after the core is filled before it.
    latest = len(text) - width
    begins = layout.begins(max(low, core.start - room), core.start)
    if low >= core.start - room:
        begins = [low, *begins]
    if begins:
        start = next((begin for begin in begins if begin >= latest), begins[-1])
    else:
        before = min(core.start - int(room * _BEFORE), latest)
        start = _first_cut(text, max(before, low), core.start)
    return Span(start, _end(layout, start, core.end, width))


def _end(layout: Layout, start: int, needed: int, width: int) -> int:
    text, limit = layout.flat.text, start + width
    if limit >= len(text):
        return len(text)
    enough = max(needed, start + int(width * _FULL_ENOUGH))
    ends = layout.ends(enough, limit)
    return ends[-1] if ends else _last_cut(text, max(needed, start + 1), limit)


def _first_cut(text: str, low: int, high: int) -> int:
    """The first place from `low` to `high` where the text may be cut; `high` if there is none."""
    for allowed in (may_cut, _between_characters):
        for at in range(low, high + 1):
            if allowed(text, at) and not text[at : at + 1].isspace():
                return at
    return high


def _last_cut(text: str, low: int, high: int) -> int:
    """The last place from `low` to `high` where the text may be cut; `high` if there is none."""
    for allowed in (may_cut, _between_characters):
        for at in range(high, low - 1, -1):
            if allowed(text, at):
                return at
    return high


def _between_characters(text: str, at: int) -> bool:
    """Within a word that is longer than a snippet."""
    return not joined(text, at)


def _cut_out(text: str, window: Span, low: int, places: Iterable[_Place]) -> Snippet:
    shown = text[window.start : window.end]
    start = window.start + len(shown) - len(shown.lstrip())
    end = window.start + len(shown.rstrip())
    before = CUT if start > low else ""
    after = CUT if end < len(text) else ""
    inside = merged(
        Span(max(place.start, start), min(place.end, end))
        for place in places
        if place.start < end and place.end > start
    )
    shift = len(before) - start
    marks = tuple(Span(mark.start + shift, mark.end + shift) for mark in inside)
    return Snippet(f"{before}{text[start:end]}{after}", marks)
