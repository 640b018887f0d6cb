"""One text in several languages, and the translations that this makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from acclimate.formats.readreport import Placed, Reason, Tally
from acclimate.types import Translation

#: Texts with their languages, in the file's order.
Variants = Sequence[tuple[str, str]]


def translations_of(
    variants: Variants, source: str, place: str, tally: Tally
) -> Iterator[Placed[Translation]]:
    """From the text in the language `source`, or else the first one, to each of the others."""
    named = [name for name, _ in variants]
    start = named.index(source) if source in named else 0
    for number, (name, text) in enumerate(variants):
        if number == start:
            continue
        origin, given = variants[start][1].strip(), text.strip()
        if origin and given:
            yield Placed(place, Translation(origin, given, variants[start][0], name))
        else:
            tally.skip(Reason.EMPTY_SIDE, place)
