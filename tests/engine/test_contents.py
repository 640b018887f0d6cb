"""What is remembered of the contents that snippets are cut from."""

from __future__ import annotations

import pytest

from acclimate.engine import contents
from acclimate.engine.contents import Contents
from acclimate.engine.snippets import best_snippet, from_matches, snippet_of

FILLER = "Nothing of interest stands in this sentence of ours. "
CONTENT = f"{FILLER * 8}Vaccines protect children. {FILLER * 8}"


def test_a_content_is_read_once_for_several_queries() -> None:
    read = Contents("en")
    assert read(CONTENT) is read(CONTENT)


def test_a_content_read_for_another_query_gives_the_same_snippet() -> None:
    read = Contents("en")
    for query in ("interest", "vaccine", "ours of interest", "nowhere"):
        content = read(CONTENT)
        kept = from_matches(content.text.find(read.terms(query)))
        fresh = from_matches(Contents("en")(CONTENT).text.find(read.terms(query)))
        assert snippet_of(content.layout, kept) == best_snippet(CONTENT, fresh)


def test_contents_are_forgotten_where_they_would_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contents, "KEPT_CONTENTS", 10_000)
    read = Contents("en")
    first = read(CONTENT)
    for number in range(10):
        read(f"{CONTENT} {number}")
    assert read(CONTENT) is not first
