"""From folded text to words, for scripts with spaces and without, and where each word stands."""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from operator import itemgetter
from typing import Any, Protocol

from acclimate.extras import need

# Scripts written without spaces between words, and Hangul, whose particles cling to the word.
# Runs of them become overlapping pieces: pairs where a character is a syllable or more (Han, kana,
# Hangul), threes where it is a letter (Thai, Lao, Myanmar, Khmer). On XQuAD in Thai threes give
# nDCG@10 .966 and pairs .918.
_SYLLABLES = (
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003134f"
)
_LETTERS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED = re.compile(f"([{_SYLLABLES}]+)|[{_LETTERS}]+")
_ANY_UNSPACED = re.compile(f"[{_SYLLABLES}{_LETTERS}]")
_ASCII_WORD = re.compile(r"(\w+)", re.ASCII)
#: Turns bytes that are no part of a word into spaces; those of other characters stay.
_ASCII_GAPS = bytes(
    code if code > 127 or _ASCII_WORD.match(chr(code)) else ord(" ") for code in range(256)
)

#: A word, and from which to which character of the text it stands.
Placed = tuple[str, int, int]

#: Bytes of one: a tuple with a short word and two numbers.
_A_PLACED_WORD = 200


class Words(Protocol):
    """The words of one text, to find some of them in it as often as one likes."""

    @property
    def distinct(self) -> frozenset[str]: ...

    @property
    def size(self) -> int:
        """About how many bytes are held."""
        ...

    def find(self, chosen: Collection[str]) -> list[Placed]:
        """The chosen ones of the words, each time that they stand there, in order."""
        ...


class Segmenter(Protocol):
    """Splits text that is folded already."""

    def words(self, text: str) -> Iterator[str]:
        """The words of a text, in order."""
        ...

    def read(self, text: str) -> Words:
        """The words of a text, to be found again."""
        ...


@dataclass(frozen=True, slots=True)
class SpacedWords:
    """Words between spaces and punctuation: a few are sought faster than all are counted up."""

    text: str

    @property
    def distinct(self) -> frozenset[str]:
        # The same words as by the pattern, and faster: it has to look at a few of them only.
        pieces = frozenset(_without_ascii_gaps(self.text).split())
        if self.text.isascii():
            return pieces
        others = {piece for piece in pieces if not piece.isascii()}
        return (pieces - others).union(word_pattern().findall(" ".join(others)))

    @property
    def size(self) -> int:
        return sys.getsizeof(self.text)

    def find(self, chosen: Collection[str]) -> list[Placed]:
        return sorted(_standing(self.text, chosen), key=itemgetter(1))


@dataclass(frozen=True, slots=True)
class PlacedWords:
    """Words that overlap, or that only a dictionary can tell apart."""

    placed: Sequence[Placed]

    @property
    def distinct(self) -> frozenset[str]:
        return frozenset(word for word, _, _ in self.placed)

    @property
    def size(self) -> int:
        return _A_PLACED_WORD * len(self.placed)

    def find(self, chosen: Collection[str]) -> list[Placed]:
        return [each for each in self.placed if each[0] in chosen]


class Plain:
    """Runs of letters, marks and digits; runs of an unspaced script in overlapping pieces."""

    def words(self, text: str) -> Iterator[str]:
        if text.isascii():
            # The same words as by the pattern, and faster.
            return iter(_without_ascii_gaps(text).split())
        words = word_pattern().findall(text)
        if _is_spaced(text):
            return iter(words)
        return (word[start:end] for word in words for start, end in _pieces(word))

    def read(self, text: str) -> Words:
        if _is_spaced(text):
            return SpacedWords(text)
        return PlacedWords(
            [
                (word[start:end], at + start, at + end)
                for word, at, _ in _words_of(text)
                for start, end in _pieces(word)
            ]
        )


class Chinese:
    """jieba in its search mode, which adds the words inside long words to them."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            # jieba 0.42 is not to blame for its callers' settings: it warns of its own syntax.
            warnings.simplefilter("ignore")
            jieba = need("jieba", "chinese")
        jieba.setLogLevel("WARNING")
        self._jieba: Any = jieba.Tokenizer()
        # Not `initialize()`: that trusts and writes a cache in the shared temporary folder.
        self._jieba.FREQ, self._jieba.total = self._jieba.gen_pfdict(self._jieba.get_dict_file())
        self._jieba.initialized = True

    def words(self, text: str) -> Iterator[str]:
        return (word for word, _, _ in self._placed(text))

    def read(self, text: str) -> Words:
        return PlacedWords(list(self._placed(text)))

    def _placed(self, text: str) -> Iterator[Placed]:
        for cut, at, _ in self._jieba.tokenize(text, mode="search"):
            for word, start, end in _words_of(cut):
                yield word, at + start, at + end


class Japanese:
    """Janome; words in their dictionary form, without particles, auxiliaries and symbols."""

    def __init__(self) -> None:
        self._janome: Any = need("janome.tokenizer", "japanese").Tokenizer()

    def words(self, text: str) -> Iterator[str]:
        return (word for word, _, _ in self._placed(text))

    def read(self, text: str) -> Words:
        return PlacedWords(list(self._placed(text)))

    def _placed(self, text: str) -> Iterator[Placed]:
        end = 0
        for token in self._janome.tokenize(text):
            # Janome leaves out white space at the ends, so that places cannot be counted up.
            start = text.find(token.surface, end)
            end = start + len(token.surface)
            # The stop words of Lucene's Japanese analyser.
            if not token.part_of_speech.startswith(("助詞", "助動詞", "記号")):
                base = token.base_form if token.base_form != "*" else token.surface
                for word, _, _ in _words_of(base):
                    yield word, start, end


@cache
def word_pattern() -> re.Pattern[str]:
    """A run of letters, marks and digits, as a group."""
    # \w leaves out combining marks, without which Hindi and Thai words fall to pieces.
    marks = "".join(
        chr(point)
        for point in range(min(0x10000, sys.maxunicode))
        if unicodedata.category(chr(point)) in ("Mn", "Mc")
    )
    return re.compile(f"([\\w{re.escape(marks)}]+)")


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_WORD if text.isascii() else word_pattern()


def _is_spaced(text: str) -> bool:
    return text.isascii() or not _ANY_UNSPACED.search(text)


def _words_of(text: str) -> Iterator[Placed]:
    # Split and counted up as a whole: a match object for each word would take three times as long.
    pieces = _pattern(text).split(text)  # what is between words, a word, and so on
    ends = list(accumulate(map(len, pieces)))
    return zip(pieces[1::2], ends[:-1:2], ends[1::2], strict=True)


def _without_ascii_gaps(text: str) -> str:
    """As many words, parted by spaces where characters of ASCII parted them."""
    whole = text.encode("utf-8", "surrogatepass").translate(_ASCII_GAPS)
    return whole.decode("utf-8", "surrogatepass")


def _standing(text: str, wanted: Iterable[str]) -> Iterator[Placed]:
    is_wordy = _pattern(text).match
    for word in wanted:
        start = text.find(word)
        while start >= 0:
            end = start + len(word)
            if not is_wordy(text, end) and not (start and is_wordy(text, start - 1)):
                yield word, start, end
            start = text.find(word, end)


def _pieces(word: str) -> Iterator[tuple[int, int]]:
    """A word's parts, with its runs of an unspaced script replaced by their overlapping pieces."""
    end = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > end:
            yield end, run.start()
        start, end = run.span()
        size = 2 if run.group(1) else 3
        last = max(start + 1, end - size + 1)
        yield from ((at, min(at + size, end)) for at in range(start, last))
    if end < len(word):
        yield end, len(word)
