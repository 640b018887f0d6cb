"""The languages that BM25 has rules for, and what is told of any other that a user names."""

from __future__ import annotations

import re

from acclimate.errors import UsageError
from acclimate.models.languages import MULTIPLE, UNKNOWN

# ISO 639-1 code → the name that Snowball and people use. A language that this version of
# PyStemmer has no algorithm for is split into words but not stemmed.
LANGUAGES = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german",
    "el": "greek", "en": "english", "eo": "esperanto", "es": "spanish", "et": "estonian",
    "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "ja": "japanese", "ko": "korean", "lt": "lithuanian", "ne": "nepali", "nl": "dutch",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "th": "thai", "tr": "turkish",
    "yi": "yiddish", "zh": "chinese",
}  # fmt: skip


def language_code(language: str) -> str:
    """`en`, `en-GB`, `English` → `en`. A well-formed code without rules becomes `und`."""
    code = re.split("[-_]", language.strip().lower())[0]
    code = {"nb": "no", "nn": "no"}.get(code, code)
    code = next((short for short, name in LANGUAGES.items() if name == code), code)
    if code in LANGUAGES:
        return code
    if re.fullmatch("[a-z]{2,3}", code):
        return UNKNOWN
    known = ", ".join(sorted(LANGUAGES))
    raise UsageError(f"language {language!r} is not an ISO 639 code; give one such as {known}")


def no_rules_note(language: str) -> str:
    """What to tell whoever named a language without rules, which may be a typo; "" for any other.

    Whoever names `und` or `mul` knows. Raises UsageError as `language_code` does.
    """
    if language.strip().lower() in (UNKNOWN, MULTIPLE) or language_code(language) != UNKNOWN:
        return ""
    return (
        f"no stemming is known for the language {language!r}, so that BM25 takes its words as they "
        f"are; there are rules for {', '.join(sorted(LANGUAGES))}"
    )
