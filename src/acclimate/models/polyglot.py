"""Queries in the passages' own languages, or in languages that are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from acclimate.errors import UsageError
from acclimate.models import languageprompts
from acclimate.models.base import QueryGenerator
from acclimate.models.generator import CausalGenerator, Written, load_generator
from acclimate.models.languages import AUTO, LanguageDetector
from acclimate.settings import GenerateSettings
from acclimate.types import Passage


def open_generator(settings: GenerateSettings) -> QueryGenerator:
    """The generator that the settings name, with a prompt for each language if they want it.

    Models of the doc2query kind read no prompt and write in the language that they learned.
    """
    generator = load_generator(settings)
    if settings.languages == AUTO and isinstance(generator, CausalGenerator):
        return PolyglotGenerator(generator)
    return generator


class PolyglotGenerator:
    """A causal language model that is shown examples in the language it shall write in."""

    def __init__(self, generator: CausalGenerator) -> None:
        unknown = set(generator.settings.query_languages) - languageprompts.prompts().keys()
        if unknown:
            raise UsageError(
                f"generate.query_languages: there is no prompt in {sorted(unknown)[0]!r}; choose "
                f"from {', '.join(sorted(languageprompts.prompts()))}"
            )
        self._plain = generator
        self._detector = LanguageDetector.load()
        self._by_language: dict[tuple[str, str], CausalGenerator] = {}

    @property
    def name(self) -> str:
        return self._plain.name

    @property
    def identity(self) -> str:
        detector = self._detector.identity
        return f"{self._plain.identity}-{languageprompts.identity()}-{detector}"

    def generate(self, passages: Sequence[Passage], per_passage: int, seed: int) -> list[Written]:
        """Each passage's queries; of several query languages each gets its turn."""
        parts: defaultdict[_Part, list[int]] = defaultdict(list)
        for number, passage in enumerate(passages):
            language = self._detector.detect(passage.content)
            for asked, count in self._turns(number, per_passage).items():
                parts[_Part(language, asked, count)].append(number)
        written: list[Written] = [[] for _ in passages]
        for part, numbers in sorted(parts.items()):
            generator = self._generator(part)
            chosen = [passages[number] for number in numbers]
            for number, queries in zip(
                numbers, generator.generate(chosen, part.queries, seed), strict=True
            ):
                written[number] += queries
        return written

    def _turns(self, number: int, per_passage: int) -> dict[str, int]:
        """How many queries a passage gets in each language; "" is its own."""
        languages = self._plain.settings.query_languages or ("",)
        turns: defaultdict[str, int] = defaultdict(int)
        for nth in range(per_passage):
            turns[languages[(number + nth) % len(languages)]] += 1
        return turns

    def _generator(self, part: _Part) -> CausalGenerator:
        """The model with the prompt for a part, which it reads once."""
        key = part.language, part.asked
        if key not in self._by_language:
            self._by_language[key] = self._prompted(*key)
        return self._by_language[key]

    def _prompted(self, language: str, asked: str) -> CausalGenerator:
        known = languageprompts.prompts()
        shown = language if language in known else languageprompts.ENGLISH
        if asked in ("", shown) and shown == languageprompts.ENGLISH:
            return self._plain  # the recipe's own examples
        prompt = languageprompts.crossed(shown, asked or shown)
        settings = replace(
            self._plain.settings, instruction=prompt.instruction, examples=prompt.examples
        )
        return CausalGenerator(self._plain.model, settings)


class _Part(NamedTuple):
    """Passages in one language that get so many queries in another ("": the same)."""

    language: str
    asked: str
    queries: int
