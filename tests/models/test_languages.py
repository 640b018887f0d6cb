from __future__ import annotations

import pytest

from acclimate.models.languages import LanguageDetector


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Mieter haftet bis zum Ende des Vertrags für die Miete.", "de"),
        ("El inquilino responde del alquiler hasta el final del contrato.", "es"),
        ("Kiracı, sözleşmenin sonuna kadar kiradan sorumludur.", "tr"),
        ("Người thuê nhà phải trả tiền thuê đến hết hợp đồng.", "vi"),
        ("Арендатор отвечает за арендную плату до конца договора.", "ru"),
        ("يبقى المستأجر مسؤولا عن الإيجار حتى نهاية العقد.", "ar"),
        ("किरायेदार अनुबंध के अंत तक किराए के लिए ज़िम्मेदार रहता है।", "hi"),
        ("ผู้เช่าต้องรับผิดชอบค่าเช่าจนกว่าจะสิ้นสุดสัญญา", "th"),
        ("租户在合同结束之前仍须支付租金。", "zh"),
        ("借り手は契約が終わるまで家賃を払わなければならない。", "ja"),
        ("세입자는 계약이 끝날 때까지 집세를 내야 합니다.", "ko"),
    ],
)
def test_sentence_is_told_by_its_language(text: str, language: str) -> None:
    assert LanguageDetector.load().detect(text) == language


@pytest.mark.parametrize("text", ["", "  \n", "12 34", "?!", "nDCG@10", "OK", "Gift"])
def test_text_that_tells_nothing_has_no_known_language(text: str) -> None:
    assert LanguageDetector.load().detect(text) == "und"


def test_varieties_written_alike_count_as_one_language() -> None:
    # Taken one by one, Chinese, Wu and Cantonese would each be less than sure.
    assert LanguageDetector.load().detect("繁體中文的測試") == "zh"
