"""Where a text can be taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.engine.units import joined, may_cut, sentence_spans, word_spans


def words(text: str) -> list[str]:
    return [text[word.start : word.end] for word in word_spans(text)]


def sentences(text: str) -> list[str]:
    return [text[each.start : each.end] for each in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't use `os.popen(cmd)`!", ["Don't", "use", "os", "popen", "cmd"]),
        ("Python 3.11, 1,000 rows.", ["Python", "3.11", "1,000", "rows"]),
        ("zip_longest 'quoted'", ["zip_longest", "quoted"]),
        # An accent, a joined picture and a skin tone stay with what they belong to.
        ("e\u0301te\u0301 👩‍👩‍👧 👍🏽", ["e\u0301te\u0301", "👩‍👩‍👧", "👍🏽"]),
        ("भारत की", ["भारत", "की"]),
        ("北京大学。你好", ["北京", "大学", "你好"]),
        ("ไทยabc", ["ไทย", "abc"]),
        ("ประเทศ", ["ประเท", "ศ"]),
        ("", []),
        (" … ", []),
    ],
)
def test_words_of_a_text(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two? Three", ["One.", "Two?", "Three"]),
        ("Lists, e.g. this one. Über uns.", ["Lists, e.g. this one.", "Über uns."]),
        ('He said "No." She left.', ['He said "No."', "She left."]),
        ("A title\n\nand a body", ["A title", "and a body"]),
        ("End.\n\nsmall letters", ["End.", "small letters"]),
        ("你好。再见！", ["你好。", "再见！"]),
        ("  ", []),
    ],
)
def test_sentences_of_a_text(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "text", ["e\u0301", "👍🏽", "👩‍👧", "🇩🇪", "กำ", "เก", "क्ष", "\u1100\u1161", "ｶﾞ"]
)  # fmt: skip
def test_what_is_one_character_to_the_eye_is_not_parted(text: str) -> None:
    assert all(joined(text, at) for at in range(1, len(text)))


def test_two_flags_may_be_parted() -> None:
    assert not joined("🇩🇪🇫🇷", 2)


@pytest.mark.parametrize(
    ("text", "cuts"),
    [
        ("ab cd", [2, 3]),
        ("北京，大学", [1, 3, 4]),
        ("「北京」", [2]),
        ("abcd", []),
    ],
)
def test_where_a_line_may_end(text: str, cuts: list[int]) -> None:
    assert [at for at in range(1, len(text)) if may_cut(text, at)] == cuts


TEXTS = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from(" .\n!?。'é\u0301京ไทเำ🇩🇪👍🏽\u200d"))
)


@given(TEXTS)
def test_spans_are_in_order_apart_and_not_empty(text: str) -> None:
    for spans in (word_spans(text), sentence_spans(text)):
        edges = [0, *(edge for span in spans for edge in (span.start, span.end)), len(text)]
        assert edges == sorted(edges)
        assert all(span.start < span.end for span in spans)


@given(TEXTS)
def test_sentences_leave_out_nothing_but_white_space(text: str) -> None:
    assert "".join(sentences(text)).split() == "".join(sentences(text)).split()
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(TEXTS)
def test_every_word_lies_in_one_sentence(text: str) -> None:
    whole = sentence_spans(text)
    assert all(
        any(each.start <= word.start and word.end <= each.end for each in whole)
        for word in word_spans(text)
    )
