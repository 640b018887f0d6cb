from __future__ import annotations

import pytest

from acclimate.indexes.analysers import analyser, new_analyser
from acclimate.indexes.lexical import LexicalIndex, LexicalSettings
from acclimate.types import Passage, Query


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Die Mieter zahlten ihre Mieten pünktlich.", analyser("de")),
        ("Kiracılar kiralarını zamanında ödediler.", analyser("tr")),
        ("किरायेदार ने समय पर किराया दिया।", analyser("hi")),
        ("دفع المستأجرون الإيجار في الموعد المحدد.", analyser("ar")),
        ("ผู้เช่าจ่ายค่าเช่าตรงเวลา", analyser("th")),
        ("租户按时支付了租金。", analyser("und")),
        ("nDCG@10", analyser("und")),
    ],
)
def test_each_text_is_read_by_the_rules_of_its_language(text: str, terms: object) -> None:
    assert callable(terms)
    assert new_analyser("mul")(text) == terms(text)


def test_one_index_finds_inflected_forms_in_each_language() -> None:
    passages = [
        Passage("de", "Der Vermieter sucht einen neuen Mieter für die Wohnung."),
        Passage("ru", "Арендатор отвечает за съёмную квартиру, пока не найдётся новый жилец."),
        Passage("th", "ผู้เช่าต้องรับผิดชอบค่าเช่าจนกว่าจะสิ้นสุดสัญญา"),
        Passage("zh", "租户在合同结束之前仍须支付租金。"),
    ]
    index = LexicalIndex.build(passages, LexicalSettings(language="mul"))
    queries = [
        Query("1", "Welche Wohnungen suchen die Mieter?"),
        Query("2", "Кто отвечает за съёмные квартиры?"),
        Query("3", "ใครต้องรับผิดชอบค่าเช่า"),
        Query("4", "谁须支付租金"),
    ]
    found = [hits[0].passage_id for hits in index.search(queries, 1)]
    assert found == ["de", "ru", "th", "zh"]


def test_found_terms_stand_where_the_text_has_them() -> None:
    text = "Die Mieter zahlten ihre Mieten pünktlich."
    read = new_analyser("mul")
    assert {match.term for match in read.find(text, set(read(text)))} == set(read(text))


def test_identity_names_the_detector() -> None:
    assert "py3langid" in new_analyser("mul").identity
