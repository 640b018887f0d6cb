"""The sentences around a snippet are those of the whole passage."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from acclimate.engine.layout import Layout
from acclimate.engine.units import sentence_spans

PIECES = [
    "One",
    "two",
    " ",
    "  ",
    ". ",
    "?! ",
    "e.g. ",
    '." ',
    "\n",
    "\n\n",
    "。",
    "！」",
    "語",
    ")",
    "…",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(TEXTS, st.integers(0, 60), st.integers(0, 60))
def test_a_window_has_the_sentences_of_the_whole(text: str, low: int, high: int) -> None:
    layout = Layout(text)
    flat = [span for each in sentence_spans(text) if (span := layout.flat.span(each))]
    begins = [each.start for each in flat if low <= each.start <= high]
    ends = [each.end for each in flat if low <= each.end <= high]
    assert layout.begins(low, high) == begins
    assert layout.ends(low, high) == ends


@given(TEXTS)
def test_every_place_has_its_origin(text: str) -> None:
    flat = Layout(text).flat
    for place, character in enumerate(flat.text):
        found = text[flat.origin(place)]
        assert found == character or (found.isspace() and character == " ")
