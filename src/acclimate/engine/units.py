"""Where a text can be taken apart: characters that belong together, words, sentences.

Written for people's eyes and for the removal of words; what BM25 counts is decided in
indexes/analysis.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from acclimate.engine.records import Span

_JOINER = "\u200d"
#: Scripts without spaces between words, whose characters are syllables (Han, kana), and those
#: whose characters are letters (Thai, Lao, Tibetan, Myanmar, Khmer).
_SYLLABIC = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_ALPHABETIC = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"
_UNSPACED = re.compile(f"([{_SYLLABIC}]+)|[{_ALPHABETIC}]+")
#: Characters of such a script that are taken for a word: about as long as its words are.
_SYLLABLES, _LETTERS = 2, 4
# Vowels that are written before the consonant that they follow (Thai, Lao), and one after it.
_LEADING, _TRAILING = "เแโใไເແໂໃໄ", "ำຳ"
_VIRAMA = 9  # the combining class of the signs that bind two consonants
# It begins with a class of characters, so that the search skips to the next of them.
_SENTENCE_END = re.compile(
    r"""[.!?…。！？｡\n](?:
        (?<=([.!?…]))[.!?…]*+["'”’»)\]]*+\s++
        | (?<=[。！？｡])[。！？｡]*+["'”’」』）]*+\s*+
        | (?<=\n)[^\S\n]*+\n\s*+
    )""",
    re.VERBOSE,
)


def joined(text: str, at: int) -> bool:
    """Whether the characters before and after `at` make one, as a base and its accents do.

    After the extended grapheme clusters of Unicode's annex 29, by what `unicodedata` knows.
    """
    if not 0 < at < len(text) or text.isascii():
        return False
    before, after = text[at - 1], text[at]
    return (
        _clings(after)
        or before == _JOINER
        or before in _LEADING
        or (unicodedata.combining(before) == _VIRAMA and after.isalpha())
        or (_is_jamo(before) and _is_jamo(after))
        or (_is_flag(before) and _is_flag(after) and _flags_before(text, at) % 2 == 1)
    )


def word_spans(text: str) -> list[Span]:
    """The words of a text in order: what stands between spaces and punctuation.

    An emoji is a word. Runs of a script without spaces are cut into short pieces.
    """
    return [piece for start, end in _runs(text) for piece in _pieces(text, start, end)]


def sentence_spans(text: str) -> list[Span]:
    """The sentences of a text in order, without the space around them; a blank line ends one.

    Raises nothing and loses nothing but white space, whatever the text.
    """
    ends = list(sentence_ends(text, 0, len(text)))
    spans = []
    for start, end in zip([0, *ends], [*ends, len(text)], strict=True):
        sentence = text[start:end]
        if bare := sentence.strip():
            start += len(sentence) - len(sentence.lstrip())
            spans.append(Span(start, start + len(bare)))
    return spans


def sentence_ends(text: str, low: int, high: int) -> Iterator[int]:
    """Where one sentence ends and the next begins, with the space between them in the former.

    At least those at which something between the characters `low` and `high` begins or ends.
    """
    for match in _SENTENCE_END.finditer(text, _before_an_end(text, low)):
        if match.start() > high:
            return
        # A small letter follows "e.g." and "vs.", and no full stop, unless a blank line does too.
        small = match.group(1) and text[match.end() : match.end() + 1].islower()
        if not small or match.group().count("\n") > 1:
            yield match.end()


def _before_an_end(text: str, at: int) -> int:
    """The last place up to `at` that does not lie within the end of a sentence."""
    at = min(at, len(text))
    # No end of a sentence has a letter or a digit in it.
    while at > 0 and not text[at - 1].isalnum():
        at -= 1
    return at


def may_cut(text: str, at: int) -> bool:
    """Whether a line could end before `at`: beside a space, or within an unspaced script."""
    if at <= 0 or at >= len(text) or text[at - 1].isspace() or text[at].isspace():
        return True
    if not (_UNSPACED.match(text[at]) or _UNSPACED.match(text[at - 1])) or joined(text, at):
        return False
    # No line starts with a comma, nor ends with an opening bracket.
    opens = unicodedata.category(text[at - 1]) in ("Ps", "Pi")
    follows = unicodedata.category(text[at])
    return not opens and (not follows.startswith("P") or follows in ("Ps", "Pi"))


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Runs of letters, marks, digits and pictures: "don't" and "3.11" are one each."""
    start = None
    for at, char in enumerate(text):
        if _is_wordy(char) or (start is not None and _is_inside(text, at)):
            start = at if start is None else start
        elif start is not None:
            yield start, at
            start = None
    if start is not None:
        yield start, len(text)


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    at = start
    for run in _UNSPACED.finditer(text, start, end):
        if run.start() > at:
            yield Span(at, run.start())
        size = _SYLLABLES if run.group(1) else _LETTERS
        cuts = [cut for cut in range(run.start(), run.end()) if not joined(text, cut)][::size]
        cuts = cuts or [run.start()]
        for piece_start, piece_end in zip(cuts, [*cuts[1:], run.end()], strict=True):
            yield Span(piece_start, piece_end)
        at = run.end()
    if at < end:
        yield Span(at, end)


@lru_cache(maxsize=4096)
def _is_wordy(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "LMN" or category in ("So", "Pc", "Co") or _clings(char)


def _is_inside(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at + 1 : at + 2]
    if text[at] in ".,":
        return before.isdigit() and after.isdigit()
    return text[at] in "'’" and after != "" and _is_wordy(after)


@lru_cache(maxsize=4096)
def _clings(char: str) -> bool:
    return (
        unicodedata.category(char)[0] == "M"
        or char == _JOINER
        or char in _TRAILING
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags, as in the flag of Scotland
        or char in "\uff9e\uff9f"  # voiced marks of half-width kana
    )


def _is_jamo(char: str) -> bool:
    return "\u1100" <= char <= "\u11ff"


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flags_before(text: str, at: int) -> int:
    """How many halves of flags stand before `at`; two make a flag."""
    start = at
    while start > 0 and _is_flag(text[start - 1]):
        start -= 1
    return at - start
