"""Stage 3: hard negatives, passages that retrievers rank high for a query (GPL paper, 4.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from acclimate.adapt.tools import Tools
from acclimate.indexes.base import Retriever
from acclimate.indexes.dense import ExactIndex
from acclimate.runs import Rows, Shard, key_of
from acclimate.train.topics import Integers, partition
from acclimate.types import GeneratedQuery, Hit, Mined, Query

SHARD = 1024
#: How negatives are called that were found because they stand in the same group.
TOPIC = "topic"


def mine(
    tools: Tools, queries: Rows[GeneratedQuery], student: ExactIndex | None = None
) -> Rows[Mined]:
    """For each query the best-ranked passages of each retriever that are not its own passage.

    `student` is given where it is no longer the recipe's, because it has learned since.
    """
    settings, train, seed = tools.recipe.mine, tools.recipe.train, tools.recipe.seed
    duplicates = tools.passages.duplicates
    topics = Topics.of_corpus(tools, student)
    most = max((len(group) for group in duplicates.values()), default=1)

    def retriever(name: str) -> Retriever:
        return student if student and name == "student" else tools.retriever(name)

    def identity(name: str) -> str:
        return student.encoder.identity if student and name == "student" else tools.identity(name)

    def work(number: int, rows: list[GeneratedQuery]) -> Shard[Mined]:
        del number
        asked = [Query(row.id, row.text) for row in rows]
        # Ask for more by the number of copies: the source passage usually ranks first, and
        # neither it nor a passage with the same words is a negative.
        depth = settings.negatives + most
        found = {name: retriever(name).search(asked, depth) for name in settings.retrievers}
        mined = [
            Mined(
                row.id,
                row.passage_id,
                {
                    name: choose(
                        hits[place], row.passage_id, duplicates, settings.negatives,
                        settings.positive_aware,
                    )
                    for name, hits in found.items()
                }
                | topics.of(row.passage_id),
            )
            for place, row in enumerate(rows)
        ]  # fmt: skip
        kept = [row for row in mined if any(row.negatives.values())]
        return Shard(kept, Counter({"without negatives": len(mined) - len(kept)}))

    grouped = (train.topic_passages, train.topic_partitions) if train.topic_passages else ()
    # Topics are told apart by the student's vectors, whoever mines.
    names = dict.fromkeys((*settings.retrievers, *(("student",) if grouped else ())))
    key = key_of("mine", settings, grouped, seed, queries.key, *map(identity, names))
    return tools.run.stage("mine", Mined, work, queries, key, SHARD, len(queries))


@dataclass(frozen=True, slots=True)
class Topics:
    """The groups of like passages that training batches are made of, by passage."""

    ids: Sequence[str]
    rows: Mapping[str, int]
    duplicates: Mapping[str, frozenset[str]]
    #: For each partition the group that each row belongs to.
    groups: Sequence[Sequence[Integers]]

    @classmethod
    def of_corpus(cls, tools: Tools, student: ExactIndex | None) -> Topics:
        """The partitions that the training will go through; none for random batches."""
        train = tools.recipe.train
        partitions: list[list[Integers]] = []
        for number in range(train.topic_partitions if train.topic_passages else 0):
            vectors = (student or tools.dense("student")).vectors
            by_row: list[Integers] = [np.zeros(0, dtype=np.int64)] * len(tools.passages)
            for group in partition(vectors, train.topic_passages, tools.recipe.seed, number):
                for row in group:
                    by_row[row] = group
            partitions.append(by_row)
        return cls(tools.passages.ids, tools.rows, tools.passages.duplicates, partitions)

    def of(self, passage_id: str) -> dict[str, tuple[str, ...]]:
        """The other passages of the passage's groups, as negatives found by topic."""
        own = self.duplicates.get(passage_id, frozenset((passage_id,)))
        row = self.rows[passage_id]
        return {
            f"{TOPIC}-{number}": tuple(
                self.ids[other] for other in groups[row] if self.ids[other] not in own
            )
            for number, groups in enumerate(self.groups)
        }


def choose(
    hits: list[Hit],
    positive_id: str,
    duplicates: Mapping[str, frozenset[str]],
    count: int,
    positive_aware: float,
) -> tuple[str, ...]:
    """The best `count` hits that are neither the positive nor a copy of it.

    With `positive_aware` > 0 also none that scores above that share of the positive's score
    (NV-Retriever, arXiv 2407.15831, section 3), or above the positive where its score is below
    zero. A positive that was not found at all scores below every hit, so that no hit is certain
    to be a negative then.
    """
    own = duplicates.get(positive_id, frozenset((positive_id,)))
    allowed = float("inf")
    if positive_aware:
        scores = [hit.score for hit in hits if hit.passage_id == positive_id]
        # A share of a score below zero lies above it.
        allowed = min(scores[0] * positive_aware, scores[0]) if scores else float("-inf")
    negatives = (
        hit.passage_id for hit in hits if hit.passage_id not in own and hit.score <= allowed
    )
    return tuple(negatives)[:count]
