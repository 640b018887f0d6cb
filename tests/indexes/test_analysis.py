"""What a text becomes before it is counted, by language."""

from __future__ import annotations

import random
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from acclimate.errors import MissingExtra
from acclimate.indexes.analysis import Analyser, Match


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("en", "The dogs' vitamin-D levels!", ["dog", "vitamin", "d", "level"]),
        ("en", "Ｆｕｌｌ ﬁsh", ["full", "fish"]),
        ("de", "Die Häuser und Städte", ["haus", "stadt"]),
        # Combining marks belong to their word.
        ("hi", "भारत की राजधानी", ["भारत", "क", "राजधान"]),
        # In Turkish, I and i are different letters.
        ("tr", "IŞIK İstanbul", ["ışık", "istanbul"]),
        ("vi", "Thủ đô Hà Nội", ["thủ", "đô", "hà", "nội"]),
        ("th", "ไทยabc ก", ["ไทย", "abc", "ก"]),
        ("th", "ไทยๆ", ["ไทย", "ทยๆ"]),
        ("ko", "수도는", ["수도", "도는"]),
        # Without the segmenters, any text can be searched all the same.
        ("und", "北京大学 in Beijings", ["北京", "京大", "大学", "in", "beijings"]),
        ("en", "the 北京大学", ["北京", "京大", "大学"]),
    ],
)
def test_terms_of_a_text(language: str, text: str, terms: list[str]) -> None:
    assert Analyser(language)(text) == terms


def test_chinese_is_segmented_by_jieba_without_a_shared_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if find_spec("jieba") is None:
        pytest.skip("jieba is not installed; run: pip install 'acclimate[chinese]'")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert Analyser("zh-Hans")("我来到北京清华大学") == [
        "来到", "北京", "清华", "华大", "大学", "清华大学",
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_japanese_is_segmented_by_janome() -> None:
    if find_spec("janome") is None:
        pytest.skip("janome is not installed; run: pip install 'acclimate[japanese]'")
    assert Analyser("ja")("首都へ走った。Python") == ["首都", "走る", "python"]


def test_missing_segmenter_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "janome.tokenizer", None)
    with pytest.raises(MissingExtra, match=r"acclimate\[japanese\]"):
        Analyser("ja")


def test_identity_names_what_the_terms_depend_on() -> None:
    assert "PyStemmer" in Analyser("en").identity
    assert Analyser("vi").identity == Analyser("und").identity


def everything(analyse: Analyser, text: str) -> list[Match]:
    """Every term of a text with its place."""
    return analyse.find(text, set(analyse(text)))


@pytest.mark.parametrize(
    ("language", "text", "places"),
    [
        ("en", "The Dogs' vitamins!", [("Dogs", "dog"), ("vitamins", "vitamin")]),
        # A ligature, a letter with its accent apart, and capitals stand where they stood.
        (
            "fr",
            "Les ﬁlms THE\u0301A\u0302TRE",
            [("ﬁlms", "film"), ("THE\u0301A\u0302TRE", "théâtr")],
        ),
        ("tr", "İSTANBUL'da IŞIK", [("İSTANBUL", "istanbul"), ("IŞIK", "ışık")]),
        ("el", "ΟΔΟΣ", [("ΟΔΟΣ", "οδ")]),
        ("ko", "수도는", [("수도", "수도"), ("도는", "도는")]),
        # Halfwidth kana with a voicing mark, and Hangul in its single letters.
        ("und", "ｶﾞｽ", [("ｶﾞｽ", "ガス")]),
        ("und", "\u1112\u1161\u11ab 글", [("\u1112\u1161\u11ab", "한"), ("글", "글")]),
        ("th", "กขคง", [("กขค", "กขค"), ("ขคง", "ขคง")]),
    ],
)
def test_terms_are_found_again_in_the_text(
    language: str, text: str, places: list[tuple[str, str]]
) -> None:
    found = everything(Analyser(language), text)
    assert [(text[start:end], term) for start, end, term in found] == places


SEGMENTED = [
    code for code, module in (("zh", "jieba"), ("ja", "janome")) if find_spec(module) is not None
]
# Letters that fold into more or fewer, marks, unspaced scripts, and plain words.
LETTERS = "aZıİΣςéE\u0301ﬁｶﾞ\u1112\u1161\u11ab한ไทย北京走った ½\u00a0\n-ß𝔸\u0bc6\u0bbe\u0301"


@given(text=st.text(st.one_of(st.sampled_from(LETTERS), st.characters(codec="utf-8"))))
@example("中 文\u3000字")
@example(" \u0301a")
def test_spans_give_the_same_terms_in_order(text: str) -> None:
    for analyse in [ANALYSERS[code] for code in ("en", "tr", "el", "und", *SEGMENTED)]:
        found = everything(analyse, text)
        assert [term for _, _, term in found] == analyse(text)
        assert all(0 <= start < end <= len(text) for start, end, _ in found)


ANALYSERS = {code: Analyser(code) for code in ("en", "tr", "el", "und", *SEGMENTED)}


@pytest.mark.parametrize("language", SEGMENTED)
def test_segmented_words_stand_where_they_were_cut(language: str) -> None:
    text = {"zh": "我来到 北京清华大学", "ja": "  首都へ走った。\nPython を"}[language]
    found = everything(Analyser(language), text)
    expected = {
        "zh": ["来到", "北京", "清华", "华大", "大学", "清华大学"],
        "ja": ["首都", "走っ", "Python"],
    }[language]
    assert [text[start:end] for start, end, _ in found] == expected


@given(
    text=st.text(st.one_of(st.sampled_from(LETTERS), st.characters(codec="utf-8"))),
    draw=st.randoms(use_true_random=False),
)
@example("plain words, and 'İ' or ΟΔΟΣ", random.Random(1))
def test_wanted_terms_are_found_where_all_terms_are(text: str, draw: random.Random) -> None:
    for analyse in ANALYSERS.values():
        found = everything(analyse, text)
        wanted = {term for _, _, term in found if draw.random() < 0.5}
        assert analyse.find(text, wanted) == [each for each in found if each.term in wanted]


def test_a_text_that_was_read_once_is_searched_as_often_as_one_likes() -> None:
    text = "Vaccines protect. A vaccine protects children."
    read = Analyser("en").read(text)
    found = {term: read.find({term}) for term in ("vaccin", "protect", "measl")}
    assert {term: [text[start:end] for start, end, _ in each] for term, each in found.items()} == {
        "vaccin": ["Vaccines", "vaccine"],
        "protect": ["protect", "protects"],
        "measl": [],
    }
