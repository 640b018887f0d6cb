"""The analyser that a language setting names: one for a language, or one that reads them all."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Protocol

from acclimate.indexes.analysis import Analyser, Match, ReadText
from acclimate.models.languages import MULTIPLE, UNKNOWN, LanguageDetector

#: Their segmenters need extras; the overlapping pieces of `und` do without (see `Analyser`).
_IN_PIECES = ("zh", "ja")


class TextAnalyser(Protocol):
    """From text to the terms that BM25 counts."""

    @property
    def identity(self) -> str: ...

    def __call__(self, text: str) -> list[str]: ...

    def read(self, text: str) -> ReadText: ...

    def find(self, text: str, wanted: Collection[str]) -> list[Match]: ...


class MultilingualAnalyser:
    """Gives each text to the analyser of its own language, queries too.

    A text whose language is not known is split into words, which are then not stemmed. So a short
    query may miss inflected forms, and words that two languages share meet in one list.
    """

    def __init__(self) -> None:
        self._detector = LanguageDetector.load()

    @property
    def identity(self) -> str:
        return f"{MULTIPLE}-1, {self._detector.identity}, {analyser('en').identity}"

    def __call__(self, text: str) -> list[str]:
        return self._of(text)(text)

    def read(self, text: str) -> ReadText:
        return self._of(text).read(text)

    def find(self, text: str, wanted: Collection[str]) -> list[Match]:
        return self._of(text).find(text, wanted)

    def _of(self, text: str) -> TextAnalyser:
        language = self._detector.detect(text)
        return analyser(UNKNOWN if language in _IN_PIECES else language)


def new_analyser(language: str) -> TextAnalyser:
    """An analyser of one's own."""
    return MultilingualAnalyser() if language.lower() == MULTIPLE else Analyser(language)


@lru_cache(maxsize=64)
def analyser(language: str) -> TextAnalyser:
    """The analyser of a language, made once, because some read a dictionary."""
    return new_analyser(language)
