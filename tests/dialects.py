"""A corpus in two dialects: half the passages of a topic use other words than the other half.

No passage has words of both dialects. What joins them are the topic's common words, which stand in
both. A query in one dialect shares no word with what it is to find: passages of common words alone,
which it has met, or passages in the other dialect, which it has not.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from acclimate.evaluate.evaluation import evaluate
from acclimate.indexes.dense import ExactIndex
from acclimate.models.base import Encoder
from acclimate.types import Judgment, Passage, Query

TOPICS = 6
PASSAGES = 16


@dataclass(frozen=True, slots=True)
class Dialects:
    """`texts` is to learn from; the queries ask in one dialect for one of the other two."""

    texts: list[str]
    common: list[Passage]
    foreign: list[Passage]
    queries: list[Query]
    judgments: list[Judgment]

    def quality(
        self, encoder: Encoder, passages: list[Passage], topics: Iterable[int] = range(TOPICS)
    ) -> float:
        """nDCG@10 of the encoder over either, of queries about these topics.

        A shuffled list gets about one in `TOPICS`.
        """
        asked = [query for query in self.queries if int(query.id[1]) in topics]
        ids = {query.id for query in asked}
        judged = [row for row in self.judgments if row.query_id in ids]
        vectors = encoder.encode_passages([passage.content for passage in passages])
        index = ExactIndex(encoder, [passage.id for passage in passages], vectors)
        found = evaluate(index, asked, judged, "nDCG@10", corpus="dialects")
        return found.measures["nDCG@10"].value


def dialects() -> Dialects:
    """The same corpus at every call."""
    draw = random.Random(5)
    words = _invented(draw)
    made = Dialects([], [], [], [], [])
    for topic in range(TOPICS):
        ours, theirs, common = ([next(words) for _ in range(5)] for _ in range(3))
        for number in range(PASSAGES):
            spoken = ours if number % 2 else theirs
            text = " ".join(_sentence(draw, spoken, common) for _ in range(3))
            made.texts.append(text)
        for number in range(PASSAGES // 2):
            for found, said in ((made.common, common), (made.foreign, theirs)):
                found.append(Passage(f"t{topic}p{number}", " ".join(draw.choices(said, k=6))))
        made.queries.append(Query(f"q{topic}", " ".join(ours[:3])))
        made.queries.append(Query(f"r{topic}", " ".join(ours[2:])))
    judged = [(q.id, p.id) for q in made.queries for p in made.common if p.id[1] == q.id[1]]
    made.judgments.extend(Judgment(query, passage, 1) for query, passage in judged)
    return made


def _sentence(draw: random.Random, spoken: list[str], common: list[str]) -> str:
    """Five words, as shorter sentences are taken for fragments."""
    chosen = [*draw.sample(spoken, 2), *draw.sample(common, 3)]
    draw.shuffle(chosen)
    return f"{' '.join(chosen)}."


def _invented(draw: random.Random) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        word = "".join(draw.choice("bdfgklmnprst") + draw.choice("aeiou") for _ in range(3))
        if word not in seen:
            seen.add(word)
            yield word


def spread(encoder: Encoder, texts: list[str]) -> float:
    """Mean cosine of different texts: 1 where all vectors point the same way."""
    vectors = encoder.encode_passages(texts)
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    return float((cosines.sum() - len(texts)) / (len(texts) * (len(texts) - 1)))
