"""Stage 3: hard negatives, passages that retrievers rank high for a query (GPL paper, 4.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from acclimate.adapt.tools import Tools
from acclimate.runs import Rows, Shard, key_of
from acclimate.types import GeneratedQuery, Hit, Mined, Query

SHARD = 1024


def mine(tools: Tools, queries: Rows[GeneratedQuery]) -> Rows[Mined]:
    """For each query the best-ranked passages of each retriever that are not its own passage."""
    settings = tools.recipe.mine
    duplicates = tools.passages.duplicates
    most = max((len(group) for group in duplicates.values()), default=1)

    def work(number: int, rows: list[GeneratedQuery]) -> Shard[Mined]:
        del number
        asked = [Query(row.id, row.text) for row in rows]
        # Ask for more by the number of copies: the source passage usually ranks first, and
        # neither it nor a passage with the same words is a negative.
        depth = settings.negatives + most
        found = {name: tools.retriever(name).search(asked, depth) for name in settings.retrievers}
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
                },
            )
            for place, row in enumerate(rows)
        ]  # fmt: skip
        kept = [row for row in mined if any(row.negatives.values())]
        return Shard(kept, Counter({"without negatives": len(mined) - len(kept)}))

    key = key_of("mine", settings, queries.key, *map(tools.identity, settings.retrievers))
    return tools.run.stage("mine", Mined, work, queries, key, SHARD, len(queries))


def choose(
    hits: list[Hit],
    positive_id: str,
    duplicates: Mapping[str, frozenset[str]],
    count: int,
    positive_aware: float,
) -> tuple[str, ...]:
    """The best `count` hits that are neither the positive nor a copy of it.

    With `positive_aware` > 0 also none that scores above that share of the positive's score
    (NV-Retriever, arXiv 2407.15831, section 3); a positive that was not found at all scores
    below every hit, so that no hit is certain to be a negative then.
    """
    own = duplicates.get(positive_id, frozenset((positive_id,)))
    allowed = float("inf")
    if positive_aware:
        scores = [hit.score for hit in hits if hit.passage_id == positive_id]
        allowed = scores[0] * positive_aware if scores else float("-inf")
    negatives = (
        hit.passage_id for hit in hits if hit.passage_id not in own and hit.score <= allowed
    )
    return tuple(negatives)[:count]
