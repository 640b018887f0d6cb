"""The part of a passage that shows best why it was found.

The window with the largest sum of weights is shown, as in passage retrieval by density of terms:
a term counts fully where it weighs most and little where it repeats, so that a window with two
terms of the query wins over one with a single term twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from acclimate.engine.flat import Flat
from acclimate.engine.records import Snippet, Span, WordWeight
from acclimate.engine.units import joined, may_cut, sentence_spans
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


@dataclass(frozen=True, slots=True)
class Reason:
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
    flat = Flat(content)
    low = flat.start(start)
    if low >= len(flat.text):
        low = 0
    found = _placed(flat, reasons, low)
    core = _core(found, width) or Span(low, low)
    window = _frame(flat.text, core, low, _sentences(flat, content, core, width), width)
    return _cut_out(flat.text, window, low, [reason.span for reason in found])


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


def _placed(flat: Flat, reasons: Iterable[Reason], low: int) -> list[Reason]:
    """The reasons that count, in the flat text, in order."""
    placed = [
        Reason(span, reason.key, reason.weight)
        for reason in reasons
        if reason.weight > 0 and (span := flat.span(reason.span)) and span.start >= low
    ]
    return sorted(placed, key=lambda reason: (reason.span.start, reason.span.end))


def _core(reasons: Sequence[Reason], width: int) -> Span | None:
    """From the first to the last reason of the best window; the earliest of equals."""
    best, most = None, 0.0
    for number, first in enumerate(reasons):
        start = first.span.start
        limit = start + width
        value, end, seen = 0.0, start, dict[str, float]()
        for reason in reasons[number:]:
            span = reason.span
            if span.start >= limit:
                break
            # The first alone may be wider than the window, which then shows its beginning.
            if span.end > limit and reason is not first:
                continue
            value += _gain(seen, reason)
            end = max(end, min(span.end, limit))
        if value > most:
            best, most = Span(start, end), value
    return best


def _gain(seen: dict[str, float], reason: Reason) -> float:
    """What one more reason adds to a window in which each key's best weight is `seen`."""
    before = seen.get(reason.key, 0.0)
    seen[reason.key] = max(before, reason.weight)
    return seen[reason.key] - before + REPEATED * min(before, reason.weight)


def _sentences(flat: Flat, content: str, core: Span, width: int) -> list[Span]:
    """The sentences that a window around the core could begin or end with."""
    if len(flat.text) <= width:
        return []
    near = []
    # Found before the white space is made plain, because a blank line ends a sentence too.
    for each in sentence_spans(content):
        # Nothing stands further right in the flat text than in the content.
        if each.end < core.start - width or not (span := flat.span(each)):
            continue
        if span.start > core.start + width:
            break
        near.append(span)
    return near


def _frame(text: str, core: Span, low: int, sentences: Sequence[Span], width: int) -> Span:
    """A window around the core that begins and ends where a reader would cut."""
    if len(text) - low <= width:
        return Span(low, len(text))
    room = width - (core.end - core.start)
    begins = [
        begin
        for begin in (low, *(each.start for each in sentences))
        if max(low, core.start - room) <= begin <= core.start
    ]
    # Near the end of the text, room that is not needed after the core is filled before it.
    latest = len(text) - width
    if begins:
        start = next((begin for begin in begins if begin >= latest), begins[-1])
    else:
        before = min(core.start - int(room * _BEFORE), latest)
        start = _first_cut(text, max(before, low), core.start)
    return Span(start, _end(text, start, core.end, sentences, width))


def _end(text: str, start: int, needed: int, sentences: Sequence[Span], width: int) -> int:
    limit = start + width
    if limit >= len(text):
        return len(text)
    enough = max(needed, start + int(width * _FULL_ENOUGH))
    ends = [each.end for each in sentences if enough <= each.end <= limit]
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


def _cut_out(text: str, window: Span, low: int, reasons: Iterable[Span]) -> Snippet:
    shown = text[window.start : window.end]
    start = window.start + len(shown) - len(shown.lstrip())
    end = window.start + len(shown.rstrip())
    before = CUT if start > low else ""
    after = CUT if end < len(text) else ""
    inside = merged(
        Span(max(span.start, start), min(span.end, end))
        for span in reasons
        if span.start < end and span.end > start
    )
    shift = len(before) - start
    marks = tuple(Span(mark.start + shift, mark.end + shift) for mark in inside)
    return Snippet(f"{before}{text[start:end]}{after}", marks)
