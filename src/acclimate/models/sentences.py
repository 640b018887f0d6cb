"""The passage's own sentences as queries: no language model, any language, free.

The Inverse Cloze Task (Lee et al., 2019) uses a sentence as the query for the passage that it
came from; with a teacher's labels it is a query like any other. Sentences carry the corpus's own
words, where generated questions carry the words of those who ask.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from acclimate.types import Passage

#: After a Western full stop and a space, or after a full-width one.
_BOUNDARY = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n{2,}")
LEAST_WORDS, MOST_WORDS = 5, 40
#: For scripts that write no spaces; a character says about half a word.
LEAST_CHARACTERS, MOST_CHARACTERS = 8, 80


@dataclass(frozen=True, slots=True)
class OwnSentences:
    """A QueryGenerator that draws a passage's title and sentences without repetition."""

    name: str = "own-sentences"
    identity: str = "own-sentences-2"
    style: ClassVar[str] = "sentence"

    def generate(
        self, passages: Sequence[Passage], per_passage: int, seed: int
    ) -> list[list[tuple[str, str]]]:
        return [self._draw(passage, per_passage, seed) for passage in passages]

    def _draw(self, passage: Passage, count: int, seed: int) -> list[tuple[str, str]]:
        sentences = split_sentences(passage.text)
        if passage.title and usable(passage.title):
            sentences.append(passage.title)
        distinct = sorted(set(sentences))
        # Seeded by the passage, so that its draw does not depend on its neighbours.
        drawn = random.Random(f"{seed}/{passage.id}").sample(  # noqa: S311
            distinct, min(count, len(distinct))
        )
        return [(self.style, sentence) for sentence in drawn]


def split_sentences(text: str) -> list[str]:
    """The usable sentences of a text, in its order."""
    pieces = (re.sub(r"\s+", " ", piece).strip() for piece in _BOUNDARY.split(text))
    return [piece for piece in pieces if usable(piece)]


def usable(sentence: str) -> bool:
    """Neither a fragment nor a whole paragraph; scripts without spaces count characters."""
    words = len(sentence.split())
    wide = sum(ord(char) > 0x2E80 for char in sentence)
    # Foreign words and numbers within such a script stand between spaces.
    if wide > 2 * words:
        return LEAST_CHARACTERS <= len(sentence) <= MOST_CHARACTERS
    return LEAST_WORDS <= words <= MOST_WORDS
