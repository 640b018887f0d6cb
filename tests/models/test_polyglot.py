from __future__ import annotations

from pathlib import Path

import pytest

import toys
from acclimate.errors import UsageError
from acclimate.models.generator import CausalGenerator
from acclimate.models.languageprompts import crossed, prompts
from acclimate.models.languages import LanguageDetector
from acclimate.models.polyglot import PolyglotGenerator, open_generator
from acclimate.models.prompts import few_shot
from acclimate.settings import GenerateSettings
from acclimate.types import Passage

LANGUAGES = ("ar", "de", "el", "en", "es", "fr", "hi", "ro", "ru", "th", "tr", "vi", "zh")
GERMAN = Passage("de", "Der Vermieter sucht einen neuen Mieter für die Wohnung in der Stadt.")
ENGLISH = Passage("en", "The landlord is looking for a new tenant for the flat in the city.")
UNKNOWN = Passage("und", "12 34")


@pytest.fixture(scope="module")
def causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toys.tiny_causal(tmp_path_factory.mktemp("causal"), toys.toy_texts(8))


def generator(causal: Path, **settings: object) -> PolyglotGenerator:
    usual = {"model": str(causal), "languages": "auto", "max_query_tokens": 4}
    made = open_generator(GenerateSettings(**(usual | settings)))  # type: ignore[arg-type]
    assert isinstance(made, PolyglotGenerator)
    return made


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_is_in_its_language_and_shows_every_style_after_a_passage(
    language: str,
) -> None:
    prompt = prompts()[language]
    detect = LanguageDetector.load().detect
    assert detect(prompt.instruction) == language
    for example in prompt.examples:
        assert detect(example.passage) == language
        # Keywords alone may be taken for another language: "heap remove minimum" for Latin.
        queries = dict(example.queries)
        assert all(detect(queries[style]) in (language, "und") for style in ("question", "claim"))
    firsts = [example.queries[0][0] for example in prompt.examples]
    assert firsts == ["question", "keywords", "claim"]


def test_no_other_prompt_is_there() -> None:
    assert tuple(sorted(prompts())) == LANGUAGES


def test_crossed_prompt_shows_passages_in_one_language_and_queries_in_another() -> None:
    prompt = crossed("hi", "de")
    assert prompt.instruction == prompts()["de"].instruction
    assert prompt.examples[1].passage == prompts()["hi"].examples[1].passage
    assert prompt.examples[1].queries == prompts()["de"].examples[1].queries


class Reading(PolyglotGenerator):
    """Notes with which prompt each passage was read."""

    def __init__(self, generator: CausalGenerator) -> None:
        super().__init__(generator)
        self.prompts: list[str] = []

    def _prompted(self, language: str, asked: str) -> CausalGenerator:
        made = super()._prompted(language, asked)
        self.prompts.append(few_shot(made.settings.instruction, made.settings.examples))
        return made


def test_passages_are_read_after_the_prompt_of_their_language(causal: Path) -> None:
    made = Reading(generator(causal)._plain)
    written = made.generate([GERMAN, ENGLISH, UNKNOWN, GERMAN], 2, 7)
    assert [len(queries) for queries in written] == [2, 2, 2, 2]
    german, english = (prompts()[each] for each in ("de", "en"))
    assert made.prompts == [
        few_shot(german.instruction, german.examples),
        few_shot(english.instruction, english.examples),
        few_shot(english.instruction, english.examples),  # where the language is unknown
    ]


def test_languages_that_are_asked_for_take_turns(causal: Path) -> None:
    made = Reading(generator(causal, query_languages=("th", "de"))._plain)
    assert dict(made._turns(0, 3)) == {"th": 2, "de": 1}
    assert dict(made._turns(1, 3)) == {"de": 2, "th": 1}
    assert [len(each) for each in made.generate([ENGLISH], 3, 7)] == [3]
    assert {prompt.splitlines()[0] for prompt in made.prompts} == {
        prompts()[each].instruction for each in ("th", "de")
    }


def test_same_seed_writes_the_same_queries_and_identity_names_prompts_and_detector(
    causal: Path,
) -> None:
    made = generator(causal)
    assert made.generate([GERMAN, ENGLISH], 2, 7) == made.generate([GERMAN, ENGLISH], 2, 7)
    assert made.identity.startswith(made._plain.identity + "-")
    assert "py3langid" in made.identity


def test_language_without_a_prompt_is_refused(causal: Path) -> None:
    with pytest.raises(UsageError, match="there is no prompt in 'sw'; choose from ar, de"):
        generator(causal, query_languages=("sw",))


def test_generators_without_a_prompt_are_left_alone(tmp_path: Path) -> None:
    t5 = toys.tiny_t5(tmp_path, toys.toy_texts(8))
    made = open_generator(GenerateSettings(model=str(t5), languages="auto"))
    assert not isinstance(made, PolyglotGenerator)
