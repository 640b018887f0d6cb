"""Stage 1: write queries for passages (GPL paper, section 3 and 4.1)."""

from __future__ import annotations

import hashlib
import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from acclimate.adapt.strays import NO_CHECK, LanguageCheck, checking
from acclimate.adapt.tools import Tools
from acclimate.indexes.segments import word_pattern
from acclimate.models.base import QueryGenerator
from acclimate.models.languageprompts import prompts
from acclimate.models.languages import UNKNOWN
from acclimate.models.polyglot import open_generator
from acclimate.models.sentences import OwnSentences
from acclimate.runs import Rows, Shard, key_of
from acclimate.settings import GenerateSettings
from acclimate.types import GeneratedQuery, Passage

#: Passages in one shard: what a killed run loses at most.
SHARD = 64
OWN_SHARD = 1024
#: A query of more words than this that stands in its passage word for word is a copy.
COPY_WORDS = 8
OTHER_LANGUAGE = "other language"
#: Thai, Lao, Burmese, Khmer, kana and Han letters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Budget:
    """How many queries each passage gets, and how many passages get any."""

    per_passage: int
    passages: int


def budget(settings: GenerateSettings, corpus_size: int) -> Budget:
    """The paper's rule (section 4.1): ceil(total / |C|) queries, at least `least_per_passage`.

    Where the least already exceeds the total, passages are sampled down to total / least.
    """
    if settings.per_passage:
        return Budget(settings.per_passage, corpus_size)
    least = settings.least_per_passage
    if least * corpus_size > settings.total:
        return Budget(least, max(1, settings.total // least))
    return Budget(max(least, math.ceil(settings.total / corpus_size)), corpus_size)


def generate(tools: Tools) -> list[Rows[GeneratedQuery]]:
    """The written queries, and the passages' own sentences where the recipe wants them."""
    settings = tools.recipe.generate
    parts = []
    if not settings.only_own_sentences:
        parts.append(_written(tools, open_generator(settings)))
    if settings.own_sentences:
        parts.append(_own(tools))
    return parts


def _written(tools: Tools, generator: QueryGenerator) -> Rows[GeneratedQuery]:
    settings = tools.recipe.generate
    seed = tools.recipe.seed
    amount = budget(settings, len(tools.passages))
    chosen = set(random.Random(seed).sample(range(len(tools.passages)), amount.passages))  # noqa: S311
    shown = [settings.examples]
    if settings.languages:
        shown += [prompt.examples for prompt in prompts().values()]
    examples = {normal(query) for each in shown for example in each for _, query in example.queries}
    check = checking(settings)

    def work(number: int, passages: list[Passage]) -> Shard[GeneratedQuery]:
        written = generator.generate(passages, amount.per_passage, shard_seed(seed, number))
        return keep_usable(f"g{number}", passages, written, examples, check)

    # Where the own sentences come from a further stage, their settings do not touch this one.
    # The size of a batch stays among them: it decides in which order the queries are drawn.
    decisive = replace(settings, own_sentences=0, only_own_sentences=False)
    return tools.run.stage(
        "generate",
        GeneratedQuery,
        work,
        (passage for row, passage in enumerate(tools.passages) if row in chosen),
        key_of(
            "generate",
            decisive,
            seed,
            tools.passages.fingerprint,
            generator.identity,
            check.identity,
        ),
        SHARD,
        amount.passages,
    )


def _own(tools: Tools) -> Rows[GeneratedQuery]:
    own = OwnSentences()
    count = tools.recipe.generate.own_sentences
    seed = tools.recipe.seed

    def work(number: int, passages: list[Passage]) -> Shard[GeneratedQuery]:
        rows = [
            GeneratedQuery(f"s{number}-{nth}", text, passage.id, style)
            for nth, (passage, style, text) in enumerate(
                (passage, style, text)
                for passage, drawn in zip(
                    passages, own.generate(passages, count, seed), strict=True
                )
                for style, text in drawn
            )
        ]
        return Shard(rows, {})

    key = key_of("sentences", count, seed, tools.passages.fingerprint, own.identity)
    return tools.run.stage(
        "sentences", GeneratedQuery, work, tools.passages, key, OWN_SHARD, len(tools.passages)
    )


def keep_usable(
    prefix: str,
    passages: list[Passage],
    written: list[list[tuple[str, str]]],
    examples: set[str],
    check: LanguageCheck = NO_CHECK,
) -> Shard[GeneratedQuery]:
    """Drop what is empty, copied from the passage or an example, written twice, or a stray."""
    rows: list[GeneratedQuery] = []
    counts = Counter[str]()
    for passage, pairs in zip(passages, written, strict=True):
        content = normal(passage.content)
        seen: set[str] = set()
        asked = check.asked(passage)
        for style, text in pairs:
            text_id = f"{prefix}-{sum(counts.values()) + len(rows)}"
            plain = normal(text)
            if not plain:
                counts["empty"] += 1
            elif plain in examples or (words(plain) > COPY_WORDS and plain in content):
                counts["copied"] += 1
            elif plain in seen:
                counts["duplicate"] += 1
            elif (found := check.found(text, asked)) not in ("", UNKNOWN) and check.dropping:
                counts[OTHER_LANGUAGE] += 1
            else:
                if found:
                    kind = "unknown language" if found == UNKNOWN else OTHER_LANGUAGE
                    counts[f"{kind}, kept"] += 1
                seen.add(plain)
                rows.append(GeneratedQuery(text_id, text, passage.id, style))
    return Shard(rows, counts)


def words(plain: str) -> int:
    """How many words a text has; three characters make one where no blanks stand between."""
    return sum(max(1, len(_UNSPACED.findall(word)) // 3) for word in plain.split())


def normal(text: str) -> str:
    """Lower-case words only, for comparing texts."""
    return " ".join(word_pattern().findall(text.lower()))


def shard_seed(seed: int, number: int) -> int:
    """A seed of its own for every shard, so that shards do not depend on their forerunners."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{number}".encode()).digest()[:6])


class Distinct:
    """Queries whose text no earlier query had; `dropped` counts the others.

    One text written for two passages would name each of them as the other's negative.
    """

    def __init__(self, parts: Iterable[Iterable[GeneratedQuery]]) -> None:
        self._parts = parts
        self.dropped = 0

    def __iter__(self) -> Iterator[GeneratedQuery]:
        self.dropped = 0
        seen: set[bytes] = set()
        for query in chain.from_iterable(self._parts):
            digest = hashlib.sha256(normal(query.text).encode()).digest()[:8]
            if digest in seen:
                self.dropped += 1
            else:
                seen.add(digest)
                yield query
