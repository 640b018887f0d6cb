"""Queries that came out in another language than was asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from acclimate.models.languages import UNKNOWN, LanguageDetector
from acclimate.settings import GenerateSettings
from acclimate.types import Passage


@dataclass(frozen=True, slots=True)
class LanguageCheck:
    """Tells strays; without a detector nothing is one."""

    detector: LanguageDetector | None
    query_languages: tuple[str, ...] = ()
    dropping: bool = True

    @property
    def identity(self) -> str:
        return self.detector.identity if self.detector else ""

    def asked(self, passage: Passage) -> Collection[str]:
        """The languages that a passage's queries may be in; empty: any."""
        if self.detector is None or self.query_languages:
            return self.query_languages
        language = self.detector.detect(passage.content)
        return () if language == UNKNOWN else (language,)

    def found(self, text: str, asked: Collection[str]) -> str:
        """The language of a query where some were asked for and it is in none of them, else ""."""
        if self.detector is None or not asked:
            return ""
        language = self.detector.detect(text)
        return "" if language in asked else language


NO_CHECK = LanguageCheck(None)


def checking(settings: GenerateSettings) -> LanguageCheck:
    """The check that the settings ask for."""
    if not settings.languages:
        return NO_CHECK
    detector = LanguageDetector.load()
    return LanguageCheck(detector, settings.query_languages, settings.drop_other_languages)
