"""What a text becomes before it is counted, by language."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from acclimate.errors import MissingExtra, UsageError
from acclimate.indexes.analysis import Analyser, language_code


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


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("en", "en"), ("English", "en"), ("pt-BR", "pt"), ("nb", "no"), ("zh_TW", "zh"),
        ("xx", "und"), ("vi", "und"), ("und", "und"),
    ],
)  # fmt: skip
def test_language_names_and_codes(given: str, code: str) -> None:
    assert language_code(given) == code


def test_misspelt_language_is_refused() -> None:
    with pytest.raises(UsageError, match="'englsh' is not an ISO 639 code"):
        language_code("englsh")


def test_identity_names_what_the_terms_depend_on() -> None:
    assert "PyStemmer" in Analyser("en").identity
    assert Analyser("vi").identity == Analyser("und").identity
