"""What is shown of a passage, and what is marked in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.engine.records import Snippet, Span, WordWeight
from acclimate.engine.snippets import (
    CUT,
    Reason,
    best_snippet,
    body_start,
    from_matches,
    from_words,
    highlight_words,
    merged,
)
from acclimate.types import Passage

FILLER = "Nothing of interest stands in this sentence of ours. "


def reasons(content: str, *terms: str, weight: float = 1.0) -> list[Reason]:
    """Every occurrence of each term."""
    return [
        Reason(Span(at, at + len(term)), term, weight)
        for term in terms
        for at in range(len(content))
        if content.startswith(term, at)
    ]


def marked(snippet: Snippet) -> list[str]:
    return [snippet.text[mark.start : mark.end] for mark in snippet.marks]


def test_a_short_passage_is_shown_whole() -> None:
    content = "Two doses protect\n  97 of 100 children."
    snippet = best_snippet(content, reasons(content, "doses", "children"))
    assert snippet.text == "Two doses protect 97 of 100 children."
    assert marked(snippet) == ["doses", "children"]


def test_the_sentence_that_matches_is_shown_from_its_beginning() -> None:
    content = FILLER * 8 + "Doses of the vaccine protect children. " + FILLER * 8
    snippet = best_snippet(content, reasons(content, "vaccine", "children"))
    assert snippet.text.startswith("…Doses of the vaccine protect children. Nothing")
    assert snippet.text.endswith("of ours.…")
    assert marked(snippet) == ["vaccine", "children"]


def test_two_terms_win_over_one_that_repeats() -> None:
    content = f"vaccine vaccine vaccine. {FILLER * 8}vaccine children. {FILLER * 8}"
    assert "children" in best_snippet(content, reasons(content, "vaccine", "children")).text


def test_a_heavy_word_wins_over_several_light_ones() -> None:
    content = f"light words here. {FILLER * 8}heavy. {FILLER * 8}"
    several = reasons(content, "light", "words", weight=0.1) + reasons(content, "heavy")
    assert marked(best_snippet(content, several)) == ["heavy"]


def test_without_reasons_the_beginning_is_shown() -> None:
    snippet = best_snippet(FILLER * 10)
    assert snippet.text == (FILLER * 4).strip() + CUT
    assert snippet.marks == ()


def test_the_end_of_a_passage_fills_the_window_from_before() -> None:
    content = FILLER * 8 + "The vaccine."
    snippet = best_snippet(content, reasons(content, "vaccine"))
    assert snippet.text == f"…{FILLER * 4}The vaccine."


def test_reasons_that_weigh_nothing_or_less_are_not_marked() -> None:
    content = "good bad"
    found = [*reasons(content, "good"), *reasons(content, "bad", weight=-1.0)]
    assert marked(best_snippet(content, found)) == ["good"]


def test_a_sentence_longer_than_the_window_is_cut_between_words() -> None:
    content = "word " * 100 + "vaccine " + "word " * 100
    snippet = best_snippet(content, reasons(content, "vaccine"))
    assert set(snippet.text.strip(CUT).split()) == {"word", "vaccine"}
    assert snippet.text[0] == snippet.text[-1] == CUT
    assert 200 < len(snippet.text) <= 242


def test_texts_without_spaces_are_cut_between_characters() -> None:
    content = "北京大学在北京市海淀区，" * 60 + "清华" + "天气很好，" * 60
    snippet = best_snippet(content, reasons(content, "清华"), width=40)
    assert marked(snippet) == ["清华"]
    assert len(snippet.text) <= 42
    assert snippet.text[1] != "，"


def test_an_endless_word_is_cut_where_no_accent_is_lost() -> None:
    content = "e\u0301" * 500
    assert best_snippet(content, width=41).text == "e\u0301" * 20 + CUT


def test_a_reason_longer_than_the_window_is_marked_as_far_as_it_is_shown() -> None:
    content = FILLER * 8 + "a" * 500
    snippet = best_snippet(content, reasons(content, "a" * 500), width=50)
    assert marked(snippet) == ["a" * 50]


def test_pictures_keep_their_marks() -> None:
    content = "👩‍👩‍👧 " * 200 + "vaccine 👍🏽"
    assert marked(best_snippet(content, reasons(content, "vaccine", "👍🏽"))) == ["vaccine", "👍🏽"]


@pytest.mark.parametrize("content", ["", " \n\t"])
def test_an_empty_passage_has_an_empty_snippet(content: str) -> None:
    assert best_snippet(content) == Snippet("")


def test_the_title_is_left_out_where_there_is_a_body() -> None:
    passage = Passage("p", "The body of it.", "A title")
    snippet = best_snippet(
        passage.content, reasons(passage.content, "title", "body"), start=body_start(passage)
    )
    assert snippet.text == "The body of it."
    assert marked(snippet) == ["body"]


@pytest.mark.parametrize(
    ("title", "text", "start"),
    [
        ("A title", "body", 8), ("", "body", 0), ("A title", "", 0), ("  A", "body", 2),
        (" ", " b", 0),
    ],
)  # fmt: skip
def test_where_the_body_starts(title: str, text: str, start: int) -> None:
    assert body_start(Passage("p", text, title)) == start


def test_a_passage_that_is_its_title_alone_shows_it() -> None:
    assert best_snippet("A title", start=8).text == "A title"


def test_terms_weigh_what_they_contribute() -> None:
    assert from_matches([(0, 4, "rare"), (5, 8, "common")], {"rare": 2.0}) == [
        Reason(Span(0, 4), "rare", 2.0),
        Reason(Span(5, 8), "common", 0.0),
    ]


def test_words_of_an_explanation_are_reasons_whatever_their_capitals() -> None:
    words = [WordWeight("Zip", Span(0, 3), 0.2), WordWeight("zip", Span(9, 12), 0.1)]
    assert [reason.key for reason in from_words(words)] == ["zip", "zip"]


def test_spans_that_overlap_or_touch_become_one() -> None:
    spans = [Span(4, 6), Span(0, 2), Span(1, 4), Span(8, 9), Span(7, 7)]
    assert merged(spans) == (Span(0, 6), Span(8, 9))


CONTENTS = st.text(
    alphabet=st.one_of(
        st.characters(), st.sampled_from("ab .\n\u3000é\u0301京都，ไทเำ🇩🇪👍🏽\u200d…")
    ),
    max_size=400,
)


@st.composite
def found(draw: st.DrawFn) -> tuple[str, list[Reason]]:
    """A content and reasons anywhere in it."""
    content = draw(CONTENTS)
    edges = st.integers(0, len(content))
    spans = st.tuples(edges, edges).map(lambda pair: Span(*sorted(pair)))
    each = st.builds(Reason, spans, st.sampled_from("abc"), st.floats(-1, 2))
    return content, draw(st.lists(each, max_size=12))


@given(found(), st.integers(1, 120), st.integers(0, 50))
def test_marks_lie_inside_in_order_and_apart(
    case: tuple[str, list[Reason]], width: int, start: int
) -> None:
    content, given_reasons = case
    snippet = best_snippet(content, given_reasons, start=start, width=width)
    edges = [edge for mark in snippet.marks for edge in (mark.start, mark.end)]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= len(snippet.text) for edge in edges)

    shown = snippet.text.removeprefix(CUT).removesuffix(CUT)
    normalised = " ".join(content.split())
    assert shown in normalised
    assert len(shown) <= width or len(normalised) <= width
    assert len(snippet.text) <= width + 2
    assert bool(shown) or not content.split() or normalised in ("…", "……")


@given(st.lists(st.sampled_from(["vaccine", "children", "of", "the."]), max_size=60), st.data())
def test_words_are_shown_whole(words: list[str], data: st.DataObject) -> None:
    content = " ".join(words)
    every = reasons(content, *set(words))
    some = data.draw(st.lists(st.sampled_from(every))) if every else []
    snippet = best_snippet(content, some, width=50)
    shown = snippet.text.strip(CUT)
    assert set(shown.split()) <= set(words)
    assert f" {shown} " in f" {content} "


@given(found())
def test_marks_show_what_was_found(case: tuple[str, list[Reason]]) -> None:
    content, given_reasons = case
    snippet = best_snippet(content, given_reasons, width=10_000)
    wanted = {
        at
        for reason in given_reasons
        if reason.weight > 0
        for at in range(reason.span.start, reason.span.end)
        if not content[at].isspace()
    }
    shown = [
        at
        for mark in snippet.marks
        for at in range(mark.start, mark.end)
        if not snippet.text[at].isspace()
    ]
    assert "".join(snippet.text[at] for at in shown) == "".join(
        content[at] for at in sorted(wanted)
    )


@pytest.mark.parametrize(
    ("query", "text", "language", "expected"),
    [
        ("dogs running", "A dog runs; the runner's dogs ran.", "en", ["dog", "runs", "dogs"]),
        ("the", "the dog", "en", []),
        ("北京大学", "在北京大学里", "und", ["北京大学"]),
        ("istanbul", "İstanbul", "tr", ["İstanbul"]),
        ("fish", "ﬁsh", "en", ["ﬁsh"]),
        ("", "text", "en", []),
    ],
)
def test_words_of_the_query_are_found_as_bm25_reads_them(
    query: str, text: str, language: str, expected: list[str]
) -> None:
    spans = highlight_words(query, text, language)
    assert [text[span.start : span.end] for span in spans] == expected
