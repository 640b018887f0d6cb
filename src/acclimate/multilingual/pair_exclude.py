"""Texts that must not be trained on, such as those of a test set, by what is left of their words.

Letters of another case or width, punctuation and white space make no difference.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from acclimate.types import Translation


class _Kept(dict[int, int | None]):
    """For `str.translate`: keeps letters, marks and numbers, and remembers what it decided."""

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.category(chr(code))[0] in "PSZC" else code
        self[code] = kept
        return kept


_KEPT = _Kept()


def normalised(text: str) -> str:
    """What two texts have in common that differ in case, width, punctuation or spacing only."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return folded.translate(_KEPT) or folded.strip()


class Excluded:
    """Tells translations of which a side is among the given texts. Only hashes are remembered."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._hashes = frozenset(hash(normalised(text)) for text in texts)

    def __len__(self) -> int:
        return len(self._hashes)

    def __contains__(self, pair: Translation) -> bool:
        return bool(self._hashes) and not self._hashes.isdisjoint(
            (hash(normalised(pair.source)), hash(normalised(pair.target)))
        )
