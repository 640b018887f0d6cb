"""Re-ranking: a model that reads query and passage orders the best hits of a cheaper search."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acclimate.errors import UsageError
from acclimate.indexes.base import Retriever
from acclimate.models.base import PairScorer
from acclimate.ranking import ordered_hits
from acclimate.types import Hit, Passage, Query

#: The passages of some ids, in their order.
Texts = Callable[[Sequence[str]], list[Passage]]
#: Seconds that only go forward.
Clock = Callable[[], float]

#: Hits read at first under a time budget. How long they take says how many more will fit.
FIRST_GROUP = 4
#: Pairs scored in one go where time does not matter: sorted by length, and a passage that several
#: queries found is read once by a scorer that can.
PAIRS_AT_ONCE = 32_768


@dataclass(frozen=True, slots=True)
class Reranked:
    """A retriever whose best `top` hits are read again by a scorer.

    `seconds` is what the scorer may take for one query, 0 for any time; see `rerank`.
    """

    first: Retriever
    scorer: PairScorer
    texts: Texts
    top: int
    seconds: float = 0.0
    clock: Clock = time.perf_counter

    def __post_init__(self) -> None:
        if self.top < 1 or not 0 <= self.seconds < math.inf:
            raise UsageError(
                f"re-ranking {self.top} hits in {self.seconds} seconds; give at least 1 hit, and "
                "a time of 0 (no limit) or more"
            )

    @property
    def name(self) -> str:
        return f"{self.first.name}>{self.scorer.name}"

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """The best k hits for each query, best first; equal scores by passage id."""
        found = self.first.search(queries, max(k, self.top))
        if self.seconds:
            return [
                self._in_time(query, hits)[:k] for query, hits in zip(queries, found, strict=True)
            ]
        answers: list[list[Hit]] = []
        together = max(1, PAIRS_AT_ONCE // self.top)
        for start in range(0, len(queries), together):
            part = slice(start, start + together)
            answers += self._together(queries[part], found[part])
        return [hits[:k] for hits in answers]

    def _in_time(self, query: Query, hits: Sequence[Hit]) -> list[Hit]:
        passages = self.texts([hit.passage_id for hit in hits[: self.top]])
        return rerank(query, hits, passages, self.scorer, self.top, self.seconds, self.clock)

    def _together(self, queries: Sequence[Query], found: Sequence[list[Hit]]) -> list[list[Hit]]:
        ids = dict.fromkeys(hit.passage_id for hits in found for hit in hits[: self.top])
        passages = dict(zip(ids, self.texts(list(ids)), strict=True))
        pairs = [
            (query, passages[hit.passage_id])
            for query, hits in zip(queries, found, strict=True)
            for hit in hits[: self.top]
        ]
        scores = iter(self.scorer.score(pairs))
        return [_joined(hits, [next(scores) for _ in hits[: self.top]]) for hits in found]


def rerank(
    query: Query,
    hits: Sequence[Hit],
    passages: Sequence[Passage],
    scorer: PairScorer,
    top: int,
    seconds: float = 0.0,
    clock: Clock = time.perf_counter,
) -> list[Hit]:
    """Hits of a first stage, best first, in the order that the scorer puts the best `top` into.

    `passages` are those of the first `top` hits at least, in their order. With `seconds`, hits are
    read group by group in the first stage's order, and no group is begun that is not expected to
    end in time; the first `FIRST_GROUP` hits are always read, and running out of time is no error.

    Hits that were read have the scorer's scores. Those that were not follow in the order in which
    they came, with scores for that order alone: as far below the lowest score of a hit that was
    read as they lie below the first of themselves at the first stage.
    """
    pairs = [(query, passage) for passage in passages[: min(top, len(hits))]]
    if not seconds:
        return _joined(hits, scorer.score(pairs))
    return _joined(hits, _scores_in_time(pairs, scorer, seconds, clock))


def _scores_in_time(
    pairs: Sequence[tuple[Query, Passage]], scorer: PairScorer, seconds: float, clock: Clock
) -> list[float]:
    """Scores of as many pairs from the first on as there is time for."""
    scores: list[float] = []
    started, size, slowest = clock(), FIRST_GROUP, 0.0
    while group := pairs[len(scores) : len(scores) + size]:
        begun = clock()
        scores += scorer.score(group)
        ended = clock()
        # Groups grow, as larger ones take less time a pair; the slowest is what to reckon with.
        slowest = max(slowest, (ended - begun) / len(group))
        left = seconds - (ended - started)
        size = min(2 * size, int(left / slowest) if slowest > 0 else 2 * size)
        if left <= 0 or size < 1:
            break
    return scores


def _joined(hits: Sequence[Hit], scores: Sequence[float]) -> list[Hit]:
    """The first hits with new scores in their order, then the others below them."""
    read = ordered_hits(
        Hit(hit.passage_id, score) for hit, score in zip(hits, scores, strict=False)
    )
    return [*read, *_below(read, hits[len(read) :])]


def _below(read: Sequence[Hit], unread: Sequence[Hit]) -> list[Hit]:
    if not read or not unread:
        return list(unread)
    lowest, highest, last = read[-1].score, unread[0].score, read[-1].score
    shifted = []
    for hit in unread:
        # At least one step lower each time, so that ordering by score keeps this order.
        last = min(lowest - (highest - hit.score), math.nextafter(last, -math.inf))
        shifted.append(Hit(hit.passage_id, last))
    return shifted
