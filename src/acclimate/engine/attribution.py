"""Which words of a passage carried its score, for any model that scores a query and a text.

Occlusion: a word's weight is how far the score drops when it is erased (Li, Monroe & Jurafsky,
"Understanding Neural Networks through Representation Erasure", arXiv:1612.08220). Erasing needs
no gradient and no access to the model, so that bi-encoders, sparse encoders, late interaction and
re-ranking are all explained alike. What it costs is bounded: where a passage has more words than
may be erased one by one, whole sentences go first, and then the words of those that matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from acclimate.engine.records import Span, WordWeight
from acclimate.engine.units import sentence_spans, word_spans
from acclimate.errors import UsageError

#: Scores of variants of one passage's content for one query, on the model's own scale. A variant
#: may be empty.
ScoreTexts = Callable[[Sequence[str]], Sequence[float]]

#: Texts scored for one hit at most. A passage of fewer different words has each erased.
MOST_VARIANTS = 64
#: Fewer would leave too little to narrow a long passage down.
LEAST_VARIANTS = 16
#: The share of them that finds the parts of a long passage whose words are looked at.
_FOR_PARTS = 1 / 3
#: Words of an unbroken sentence that stay together, as a multiple of the shortest part.
_LONGEST_PART = 3


class _Word(NamedTuple):
    """A word of a content; words that differ in capitals alone have one name."""

    name: str
    span: Span


def word_weights(
    content: str, score: ScoreTexts, *, most_variants: int = MOST_VARIANTS
) -> tuple[WordWeight, ...]:
    """How far the score drops without each word, in the passage's order.

    A word is erased wherever it stands, and its occurrences share the drop: one by one they would
    stand in for each other, and none would seem to matter. `score` is called once, with all
    variants in one batch, and twice or more where the passage has more distinct words than
    `most_variants`, the bound on the texts of all calls together. Words that stand only in parts
    that mattered less are then absent from the answer: they were not looked at.
    """
    if most_variants < LEAST_VARIANTS:
        raise UsageError(f"most_variants is {most_variants}; give {LEAST_VARIANTS} or more")
    words = [_Word(content[span.start : span.end].casefold(), span) for span in word_spans(content)]
    looked_at, left = words, most_variants
    while len(_names(looked_at)) >= left >= LEAST_VARIANTS:
        parts = _parts(content, looked_at, int(left * _FOR_PARTS))
        drops = _drops(content, [[word.span for word in part] for part in parts], score)
        left -= len(parts) + 1
        looked_at = _words_of_best(parts, drops, left - 1)
    places = {name: list[Span]() for name in _names(looked_at)[: left - 1]}
    for name, span in words:
        if name in places:
            places[name].append(span)
    drops = _drops(content, list(places.values()), score)
    weights = {
        name: drop / len(spans) for (name, spans), drop in zip(places.items(), drops, strict=True)
    }
    return tuple(
        WordWeight(content[span.start : span.end], span, weights[name])
        for name, span in words
        if name in weights
    )


def strongest(words: Sequence[WordWeight], count: int) -> tuple[WordWeight, ...]:
    """The words that carried most of the score, heaviest first; none that lowered it."""
    helped = [word for word in words if word.weight > 0]
    return tuple(sorted(helped, key=lambda word: (-word.weight, word.span.start))[:count])


def without(content: str, words: Sequence[Span]) -> str:
    """A content with some words erased; `words` are in order and apart."""
    ends = [0, *(word.end for word in words)]
    starts = [*(word.start for word in words), len(content)]
    return "".join(content[end:start] for end, start in zip(ends, starts, strict=True))


def _drops(content: str, groups: Sequence[Sequence[Span]], score: ScoreTexts) -> list[float]:
    """How far the score drops without each group of words."""
    if not groups:
        return []
    # The whole text is scored again each time: a batch may round otherwise than another.
    whole, *others = score([content, *(without(content, group) for group in groups)])
    return [float(whole) - float(other) for other in others]


def _parts(content: str, words: Sequence[_Word], most: int) -> list[list[_Word]]:
    """Words in neighbouring groups, at most `most`, that end with a sentence where they can."""
    least = math.ceil(len(words) / most)
    ends = iter([sentence.end for sentence in sentence_spans(content)])
    end, parts, part = next(ends), list[list[_Word]](), list[_Word]()
    for word in words:
        sentence_is_over = word.span.start >= end
        if sentence_is_over:
            end = next(later for later in ends if later > word.span.start)
        if len(part) >= (least if sentence_is_over else _LONGEST_PART * least):
            parts.append(part)
            part = []
        part.append(word)
    return [*parts, part]


def _words_of_best(parts: Sequence[list[_Word]], drops: Sequence[float], most: int) -> list[_Word]:
    """The words of the parts that matter most by the word, `most` different ones.

    Where the best part alone has more, all of its words, to be narrowed down once more.
    """
    order = sorted(range(len(parts)), key=lambda part: (-drops[part] / len(parts[part]), part))
    best = parts[order[0]]
    if len(_names(best)) > most:
        return best
    words = [word for part in order for word in parts[part]]
    kept = set(_names(words)[:most])
    return [word for word in words if word.name in kept]


def _names(words: Sequence[_Word]) -> list[str]:
    """The different names, in order."""
    return list(dict.fromkeys(word.name for word in words))
