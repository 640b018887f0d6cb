"""From text to the terms that BM25 counts, by language."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib.metadata import version
from sys import getsizeof
from typing import NamedTuple

import Stemmer
from bm25s import stopwords

from acclimate.indexes.alignment import Origin, aligned, keeps_places
from acclimate.indexes.bm25languages import LANGUAGES, language_code
from acclimate.indexes.segments import Chinese, Japanese, Plain, Segmenter, Words

STOP_WORDS = {
    "da": stopwords.STOPWORDS_DANISH, "de": stopwords.STOPWORDS_GERMAN,
    "en": stopwords.STOPWORDS_EN, "es": stopwords.STOPWORDS_SPANISH,
    "fr": stopwords.STOPWORDS_FRENCH, "it": stopwords.STOPWORDS_ITALIAN,
    "nl": stopwords.STOPWORDS_DUTCH, "no": stopwords.STOPWORDS_NORWEGIAN,
    "pt": stopwords.STOPWORDS_PORTUGUESE, "ru": stopwords.STOPWORDS_RUSSIAN,
    "sv": stopwords.STOPWORDS_SWEDISH, "tr": stopwords.STOPWORDS_TURKISH,
    "zh": stopwords.STOPWORDS_CHINESE,
}  # fmt: skip

#: Words whose terms an analyser remembers: the first that it meets, and so the common ones.
KNOWN_WORDS = 65_536

# Bytes that one character's place in the text as it was takes.
_A_PLACE = 120

_SEGMENTERS: dict[str, type[Segmenter]] = {"zh": Chinese, "ja": Japanese}


class Match(NamedTuple):
    """A term in a text: the characters `start` to `end` (exclusive) that it was made of."""

    start: int
    end: int
    term: str


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text as an analyser reads it. Only distinct words are stemmed, and that once."""

    words: Words
    #: The distinct words that are no stop words, each with its term.
    terms: tuple[tuple[str, str], ...]
    #: Where the characters that were read come from; None where each keeps its place.
    origin: Origin | None

    @property
    def size(self) -> int:
        """About how many bytes are held."""
        return self.words.size + getsizeof(self.terms) + _A_PLACE * len(self.origin or ())

    def find(self, wanted: Collection[str]) -> list[Match]:
        """Where the wanted terms stand, in order; overlapping pieces overlap here too."""
        known = {word: term for word, term in self.terms if term in wanted}
        found, origin = self.words.find(known), self.origin
        if origin is None:
            return [Match(start, end, known[word]) for word, start, end in found]
        return [
            Match(origin[start][0], origin[end - 1][1], known[word]) for word, start, end in found
        ]


def _itself(word: str) -> str:
    return word


def _stemming(name: str) -> Callable[[str], str]:
    """Snowball without a memory of its own, which only costs time where each word comes once."""
    stemmer = Stemmer.Stemmer(name)
    stemmer.maxCacheSize = 0
    stem: Callable[[str], str] = stemmer.stemWord
    return stem


# In place of a stop word's term. No word has this character; Snowball does make empty terms.
_NO_TERM = "\0"


class _Terms(dict[str, tuple[str, str]]):
    """Words with their terms; texts that share a word share the pair, so that it is held once."""

    def __init__(self, stem: Callable[[str], str], stop: Collection[str]) -> None:
        super().__init__()
        self._stem = stem
        self._stop = stop

    def __missing__(self, word: str) -> tuple[str, str]:
        pair = (word, _NO_TERM if word in self._stop else self._stem(word))
        # What is met later is rare: forgetting all for its sake would cost every text.
        if len(self) < KNOWN_WORDS:
            self[word] = pair
        return pair


class Analyser:
    """Splits, folds, filters and stems text in one language.

    Text is NFKC-folded and lowered. Words are runs of letters, marks and digits. Chinese and
    Japanese are segmented by jieba and Janome. For every other language, known or not, words in a
    script without spaces (Thai, Khmer, ...) or in Hangul become overlapping pieces, after Lucene's
    CJKAnalyzer; the other words are stemmed if Snowball knows the language, else kept. So `und`
    serves any text without an extra, Chinese too (XQuAD nDCG@10: .967 in pairs, .958 by jieba).
    """

    def __init__(self, language: str) -> None:
        self.language = language_code(language)
        name = LANGUAGES.get(self.language, "")
        self._stems = name in Stemmer.algorithms()
        self._terms = _Terms(
            _stemming(name) if self._stems else _itself,
            frozenset(STOP_WORDS.get(self.language, ())),
        )
        self._segmenter: Segmenter = _SEGMENTERS.get(self.language, Plain)()

    @property
    def identity(self) -> str:
        """Changes whenever the same text might give other terms."""
        parts = [f"{self.language}-1"]
        if self._stems:
            parts.append(f"PyStemmer {version('PyStemmer')}")
        if self.language in _SEGMENTERS:
            package = {"zh": "jieba", "ja": "Janome"}[self.language]
            parts.append(f"{package} {version(package)}")
        return ", ".join(parts)

    def __call__(self, text: str) -> list[str]:
        """The terms of a text, in order, with repetitions."""
        words = self._segmenter.words(self._fold(text))
        return [term for _, term in map(self._terms.__getitem__, words) if term is not _NO_TERM]

    def read(self, text: str) -> ReadText:
        """A text read once, to find terms in it as often as one likes."""
        folded, origin = self._fold(text), None
        if not keeps_places(text, folded):
            folded, origin = aligned(text, self._fold)
        words = self._segmenter.read(folded)
        pairs = map(self._terms.__getitem__, words.distinct)
        terms = tuple(pair for pair in pairs if pair[1] is not _NO_TERM)
        return ReadText(words, terms, origin)

    def find(self, text: str, wanted: Collection[str]) -> list[Match]:
        """Where in a text the wanted terms stand, in order; overlapping pieces overlap here too."""
        return self.read(text).find(wanted)

    def _fold(self, text: str) -> str:
        if self.language == "tr":
            # Elsewhere the capital of a dotted i is I; in Turkish the two letters are different.
            text = text.replace("I", "ı").replace("İ", "i")
        return unicodedata.normalize("NFKC", text).lower()
