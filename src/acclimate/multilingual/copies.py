"""Pairs that are no translations because they are nearly the same text."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

#: Texts that share this much of their letters, in order, are nearly the same.
ALIKE = 0.9


def nearly_same(source: str, target: str) -> bool:
    """Whether two texts are equal but for case, marks and a few letters.

    By letters and digits alone, as lists, prices and names are carried over with other marks.
    Texts without any are nearly the same as everything: they have nothing to translate.
    """
    a, b = _letters(source), _letters(target)
    if not a or not b or a == b:
        return True
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    # The first two are cheap bounds from above.
    return (
        matcher.real_quick_ratio() >= ALIKE
        and matcher.quick_ratio() >= ALIKE
        and matcher.ratio() >= ALIKE
    )


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(re.findall(r"\w", folded))
