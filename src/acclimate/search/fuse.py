"""Several retrievers as one: by their ranks, or by their scores brought to one scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial

from acclimate.errors import UsageError
from acclimate.indexes.base import Retriever
from acclimate.types import Hit, Query

# A retriever whose scores differ by less than this share of their size has nothing to say; its
# rounding noise must not be stretched into opinions.
NOISE = 0.01

# What one retriever adds to each passage that it found, and to those that it did not.
Points = tuple[dict[str, float], float]


class Fusion(Enum):
    """How rankings become one; docs/results.md sets the two beside each other."""

    STANDARDISED = "standardised"
    RECIPROCAL_RANK = "rrf"


class Fused:
    """A retriever made of retrievers.

    Each is asked for the best `depth` passages, or k if that is more, so that a small k does not
    change the order. `weights` defaults to 1 each.
    """

    def __init__(
        self,
        retrievers: Sequence[Retriever],
        weights: Sequence[float] | None = None,
        method: Fusion = Fusion.STANDARDISED,
        depth: int = 100,
    ) -> None:
        self.retrievers = tuple(retrievers)
        self.weights = tuple(weights) if weights is not None else (1.0,) * len(self.retrievers)
        self.method = method
        self.depth = depth
        _check(self.retrievers, self.weights)

    @property
    def name(self) -> str:
        return "+".join(retriever.name for retriever in self.retrievers)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """The best k passages of the union for each query; equal sums by passage id."""
        depth = max(k, self.depth)
        points: Callable[[Sequence[Hit]], Points] = (
            partial(standardised, depth=depth)
            if self.method is Fusion.STANDARDISED
            else reciprocal_ranks
        )
        answers = [retriever.search(queries, depth) for retriever in self.retrievers]
        return [
            self._fuse([points(hits) for hits in found], k) for found in zip(*answers, strict=True)
        ]

    def _fuse(self, found: Sequence[Points], k: int) -> list[Hit]:
        weighed = [
            ({passage_id: weight * each for passage_id, each in points.items()}, weight * missing)
            for weight, (points, missing) in zip(self.weights, found, strict=True)
        ]
        # fsum, so that the order of the retrievers cannot break a tie.
        sums = {
            passage_id: math.fsum([points.get(passage_id, missing) for points, missing in weighed])
            for passage_id in {passage_id for points, _ in weighed for passage_id in points}
        }
        best = sorted(sums, key=lambda passage_id: (-sums[passage_id], passage_id))[:k]
        return [Hit(passage_id, sums[passage_id]) for passage_id in best]


def reciprocal_ranks(hits: Sequence[Hit], constant: int = 60) -> Points:
    """1/(60 + rank), nothing for a passage that was not found (Cormack et al., SIGIR 2009)."""
    return {hit.passage_id: 1 / (constant + rank) for rank, hit in enumerate(hits, 1)}, 0.0


def standardised(hits: Sequence[Hit], depth: int) -> Points:
    """Scores less their mean, over their standard deviation: how far a passage stands out.

    Unlike min-max, whose best passage always gets 1, a list of nearly equal scores gives nearly
    nothing, and one of few hits gives little. A passage that was not found gets what the lowest hit
    got; but where the list stopped short of `depth`, its retriever saw nothing more in the corpus,
    and that counts as the score 0 (if all scores are above it). The value for the missing counts
    once among the scores, so that a single hit stands out too, by one deviation to either side.
    """
    if not hits:
        return {}, 0.0
    scores = [hit.score for hit in hits]
    lowest = min(scores)
    missing = 0.0 if len(hits) < depth and lowest > 0 else lowest
    values = [*scores, missing]
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum([(value - mean) ** 2 for value in values]) / len(values))
    scale = max(deviation, NOISE * max(map(abs, values)))
    if scale == 0:
        return {hit.passage_id: 0.0 for hit in hits}, 0.0
    return {hit.passage_id: (hit.score - mean) / scale for hit in hits}, (missing - mean) / scale


def _check(retrievers: Sequence[Retriever], weights: Sequence[float]) -> None:
    if not retrievers:
        raise UsageError("fusion: no retrievers; name at least one")
    if len(weights) != len(retrievers):
        raise UsageError(
            f"fusion: {len(weights)} weights for {len(retrievers)} retrievers; give one for each"
        )
    if not all(0 <= weight < math.inf for weight in weights) or not any(weights):
        raise UsageError(
            f"fusion: weights {list(weights)}; give numbers of 0 or more that are not all 0"
        )
