"""Any language alike, or the searcher's own first, over an encoder that is biased by language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from acclimate.corpus import CorpusSettings, open_corpus
from acclimate.engine.acrosslanguages import MOST_LANGUAGES, Spoken
from acclimate.engine.engine import Engine
from acclimate.engine.models import Models
from acclimate.engine.records import SearchOptions
from acclimate.engine.settings import IndexSettings
from acclimate.errors import UsageError
from acclimate.models.base import Encoder, Similarity, Vectors
from acclimate.models.languages import UNKNOWN, LanguageDetector
from acclimate.types import LANGUAGE, Passage

TOPICS = [f"topic{number}" for number in range(40)]
#: How much of a text's vector says its language, beside a length of 1 for its topic.
BIAS = 1.2


@dataclass(frozen=True)
class Biased:
    """One dimension for each topic and for each language; the last word names the language."""

    name: str
    similarity: Similarity = Similarity.DOT
    dimension: int = len(TOPICS) + 2
    identity: str = "biased"

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, (topic, language) in enumerate(text.split() for text in texts):
            vectors[row, TOPICS.index(topic)] = 1
            vectors[row, len(TOPICS) + ("en", "hi").index(language)] = BIAS
        return vectors

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = self.encode_queries(texts)
        # So that the two versions of a passage are not the same but for their language.
        vectors[:, : len(TOPICS)] += 0.05 * np.roll(vectors[:, : len(TOPICS)], 1, axis=1)
        return vectors


class Toys(Models):
    """The biased encoder under any name."""

    def dense(self, name: str) -> Encoder:
        return Biased(name)


def engine_of(folder: Path, passages: Sequence[Passage]) -> Engine:
    return Engine.create(folder / "index", IndexSettings(models=("one",)), passages, Toys())


def in_both() -> list[Passage]:
    return [
        Passage(f"{topic}-{language}", f"{topic} {language}", metadata={LANGUAGE: language})
        for topic in TOPICS
        for language in ("en", "hi")
    ]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return engine_of(tmp_path, in_both())


def found(engine: Engine, query: str, languages: str, mode: str = "dense") -> list[str]:
    options = SearchOptions(k=4, mode=mode, languages=languages)
    return [result.passage.id for result in engine.search(query, options).results]


def test_a_biased_model_puts_the_translation_behind_other_topics_in_its_language(
    engine: Engine,
) -> None:
    best, second, *_ = found(engine, "topic3 en", "")
    assert (best, second) == ("topic3-en", "topic2-en")


def test_alike_finds_a_passage_in_every_language(engine: Engine) -> None:
    assert found(engine, "topic3 en", "alike")[:2] == ["topic3-en", "topic3-hi"]
    assert found(engine, "topic3 hi", "alike")[:2] == ["topic3-hi", "topic3-en"]


def test_prefer_puts_one_language_first_without_hiding_what_is_relevant(engine: Engine) -> None:
    assert found(engine, "topic3 en", "prefer:hi")[:2] == ["topic3-hi", "topic3-en"]
    assert found(engine, "topic3 en", "prefer:en")[:2] == ["topic3-en", "topic3-hi"]


def test_hybrid_search_takes_the_choice_too(engine: Engine) -> None:
    assert found(engine, "topic3 en", "prefer:hi", "hybrid")[0] in ("topic3-hi", "topic3-en")
    assert found(engine, "topic3 en", "prefer:hi", "lexical")


def test_a_filter_still_holds(engine: Engine) -> None:
    options = SearchOptions(k=90, mode="dense", languages="prefer:hi", where=f"{LANGUAGE} = 'en'")
    results = engine.search("topic3 en", options).results
    assert len(results) == len(TOPICS)
    assert {result.passage.metadata[LANGUAGE] for result in results} == {"en"}


def test_passages_that_say_no_language_are_searched_as_one_more(tmp_path: Path) -> None:
    silent = Passage("silent", f"{TOPICS[-1]} hi")
    engine = engine_of(tmp_path, [*in_both()[:-2], silent])
    assert found(engine, f"{TOPICS[-1]} en", "alike")[0] == "silent"


def test_passages_of_unknown_language_stay_findable(tmp_path: Path) -> None:
    unknown = Passage("unknown", "topic3 hi", metadata={LANGUAGE: "und"})
    engine = engine_of(tmp_path, [*in_both(), unknown, Passage("silent", "topic4 hi")])
    assert "unknown" in found(engine, "topic3 en", "alike")


def test_a_query_of_unknown_language_prefers_no_passages_of_unknown_language(
    tmp_path: Path,
) -> None:
    query = "topic3 en"
    assert LanguageDetector.load().detect(query) == UNKNOWN
    engine = engine_of(tmp_path, [*in_both(), Passage("silent", "topic4 hi")])
    assert found(engine, query, "prefer") == found(engine, query, "alike")
    with pytest.raises(UsageError, match="passages in en, hi; choose"):
        found(engine, query, f"prefer:{UNKNOWN}")


@pytest.mark.parametrize(
    ("languages", "message"),
    [("mine", "write alike, prefer"), ("prefer:tlh", "passages in en, hi"), ("prefer:", "choose")],
)
def test_nonsense_is_refused(engine: Engine, languages: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        found(engine, "topic3 en", languages)


def test_an_index_without_languages_says_what_to_do(tmp_path: Path) -> None:
    engine = engine_of(tmp_path, [Passage("a", "topic3 en")])
    with pytest.raises(UsageError, match="detect_language"):
        found(engine, "topic3 en", "alike")


def test_a_field_of_anything_is_no_language() -> None:
    live = np.ones(MOST_LANGUAGES + 1, dtype=np.bool_)
    masks = {f"l{row}": np.arange(len(live)) == row for row in range(len(live))}
    with pytest.raises(UsageError, match="let it hold languages"):
        Spoken.of(live, masks)


def test_prefer_detects_the_language_of_the_query_and_of_each_passage(tmp_path: Path) -> None:
    texts = {
        "fire-en": "The fire brigade arrived at the burning house within ten minutes.",
        "fire-de": "Die Feuerwehr traf innerhalb von zehn Minuten am brennenden Haus ein.",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.txt").write_text(text)
    corpus = open_corpus(tmp_path, CorpusSettings(detect_language=True))
    noted = {passage.id: passage.metadata[LANGUAGE] for passage in corpus.passages()}
    assert noted == {"fire-de.txt#1": "de", "fire-en.txt#1": "en"}

    lexical = IndexSettings(models=(), language="mul")
    engine = Engine.create(tmp_path / "index", lexical, corpus.passages(), Toys())
    options = SearchOptions(mode="lexical", languages="prefer")
    for query, best in (
        ("wann kam die Feuerwehr in zehn Minuten house", "fire-de.txt#1"),
        ("when did the fire brigade arrive in ten minutes Haus", "fire-en.txt#1"),
    ):
        assert engine.search(query, options).results[0].passage.id == best
