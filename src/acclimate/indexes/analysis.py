"""From text to the terms that BM25 counts, by language."""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import version

import Stemmer
from bm25s import stopwords

from acclimate.errors import UsageError
from acclimate.extras import need

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
UNKNOWN = "und"

STOP_WORDS = {
    "da": stopwords.STOPWORDS_DANISH, "de": stopwords.STOPWORDS_GERMAN,
    "en": stopwords.STOPWORDS_EN, "es": stopwords.STOPWORDS_SPANISH,
    "fr": stopwords.STOPWORDS_FRENCH, "it": stopwords.STOPWORDS_ITALIAN,
    "nl": stopwords.STOPWORDS_DUTCH, "no": stopwords.STOPWORDS_NORWEGIAN,
    "pt": stopwords.STOPWORDS_PORTUGUESE, "ru": stopwords.STOPWORDS_RUSSIAN,
    "sv": stopwords.STOPWORDS_SWEDISH, "tr": stopwords.STOPWORDS_TURKISH,
    "zh": stopwords.STOPWORDS_CHINESE,
}  # fmt: skip

# Scripts written without spaces between words, and Hangul, whose particles cling to the word.
# Runs of them become overlapping pieces: pairs where a character is a syllable or more (Han, kana,
# Hangul), threes where it is a letter (Thai, Lao, Myanmar, Khmer). On XQuAD in Thai threes give
# nDCG@10 .966 and pairs .918.
_SYLLABLES = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_UNSPACED = re.compile(
    f"([{_SYLLABLES}\U00020000-\U0003134f]+)|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
)
_ASCII_WORD = re.compile(r"\w+")


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
        self._stop = frozenset(STOP_WORDS.get(self.language, ()))
        name = LANGUAGES.get(self.language, "")
        self._stemmer = Stemmer.Stemmer(name) if name in Stemmer.algorithms() else None
        self._split = _SEGMENTERS.get(self.language, lambda: _split_words)()

    @property
    def identity(self) -> str:
        """Changes whenever the same text might give other terms."""
        parts = [f"{self.language}-1"]
        if self._stemmer:
            parts.append(f"PyStemmer {version('PyStemmer')}")
        if self.language in _SEGMENTERS:
            package = {"zh": "jieba", "ja": "Janome"}[self.language]
            parts.append(f"{package} {version(package)}")
        return ", ".join(parts)

    def __call__(self, text: str) -> list[str]:
        """The terms of a text, in order, with repetitions."""
        words = [word for word in self._split(self._fold(text)) if word not in self._stop]
        return self._stemmer.stemWords(words) if self._stemmer else words

    def _fold(self, text: str) -> str:
        if self.language == "tr":
            # Elsewhere the capital of a dotted i is I; in Turkish the two letters are different.
            text = text.replace("I", "ı").replace("İ", "i")
        return unicodedata.normalize("NFKC", text).lower()


@cache
def _word() -> re.Pattern[str]:
    # \w leaves out combining marks, without which Hindi and Thai words fall to pieces.
    marks = "".join(
        chr(point)
        for point in range(min(0x10000, sys.maxunicode))
        if unicodedata.category(chr(point)) in ("Mn", "Mc")
    )
    return re.compile(f"[\\w{re.escape(marks)}]+")


def _words(text: str) -> list[str]:
    return (_ASCII_WORD if text.isascii() else _word()).findall(text)


def _split_words(text: str) -> Iterable[str]:
    if text.isascii():
        return _words(text)
    return (part for word in _words(text) for part in _spaced(word))


def _spaced(word: str) -> Iterable[str]:
    """A word, with its runs of an unspaced script replaced by their overlapping pieces."""
    end = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > end:
            yield word[end : run.start()]
        letters, end = run.group(), run.end()
        size = 2 if run.group(1) else 3
        yield from (letters[i : i + size] for i in range(max(1, len(letters) - size + 1)))
    if end < len(word):
        yield word[end:]


def _chinese() -> Callable[[str], Iterable[str]]:
    with warnings.catch_warnings():
        # jieba 0.42 is not to blame for its callers' settings: it warns of its own syntax.
        warnings.simplefilter("ignore")
        jieba = need("jieba", "chinese")
    jieba.setLogLevel("WARNING")
    segmenter = jieba.Tokenizer()
    # Not `initialize()`: that trusts and writes a cache in the shared temporary folder.
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True

    def split(text: str) -> Iterable[str]:
        # The search mode adds the words inside long words, so that either finds the other.
        return (part for cut in segmenter.cut_for_search(text) for part in _words(cut))

    return split


def _japanese() -> Callable[[str], Iterable[str]]:
    tokenizer = need("janome.tokenizer", "japanese").Tokenizer()

    def split(text: str) -> Iterable[str]:
        for token in tokenizer.tokenize(text):
            # Particles, auxiliaries and symbols: the stop words of Lucene's Japanese analyser.
            if not token.part_of_speech.startswith(("助詞", "助動詞", "記号")):
                yield from _words(token.base_form if token.base_form != "*" else token.surface)

    return split


_SEGMENTERS = {"zh": _chinese, "ja": _japanese}
