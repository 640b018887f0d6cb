"""What a language that a user names is taken for."""

from __future__ import annotations

import pytest

from acclimate.errors import UsageError
from acclimate.indexes.bm25languages import language_code, no_rules_note


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


@pytest.mark.parametrize("language", ["en", "German", "pt-BR", "th", "zh", "ja", "und", "mul"])
def test_known_language_is_taken_without_a_word(language: str) -> None:
    assert no_rules_note(language) == ""


@pytest.mark.parametrize("language", ["xx", "dk", "eng"])
def test_language_without_rules_is_told(language: str) -> None:
    assert no_rules_note(language).startswith(
        f"no stemming is known for the language '{language}', so that BM25 takes its words as they "
        "are; there are rules for ar, ca,"
    )
