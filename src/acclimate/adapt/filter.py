"""Stage 2: round-trip consistency. A query is kept if its own passage comes back for it.

Promptagator (Dai et al., arXiv 2209.11755, section 3.2): a query that does not find its passage
is about something else, or about nothing in particular. There a retriever is trained on all
queries first and has to return the passage in first place. Here retrievers are asked that have not
seen the corpus, so that a place among the first `top_k` with any of them is enough: a stricter
filter would keep only what they can do already.
"""

from __future__ import annotations

from collections.abc import Iterable

from acclimate.adapt.tools import Tools
from acclimate.runs import Rows, Shard, key_of
from acclimate.types import GeneratedQuery, Query

SHARD = 1024


def keep_consistent(
    tools: Tools, queries: Iterable[GeneratedQuery], count: int, inputs_key: str
) -> Rows[GeneratedQuery]:
    """The queries whose passage at least one of the retrievers returns in its top k."""
    settings = tools.recipe.filter
    names = settings.retrievers if settings.enabled else ()

    def work(number: int, rows: list[GeneratedQuery]) -> Shard[GeneratedQuery]:
        del number
        if not settings.enabled:
            return Shard(rows, {})
        asked = [Query(row.id, row.text) for row in rows]
        found: list[set[str]] = [set() for _ in rows]
        for name in names:
            for ids, hits in zip(
                found, tools.retriever(name).search(asked, settings.top_k), strict=True
            ):
                ids.update(hit.passage_id for hit in hits)
        kept = [row for row, ids in zip(rows, found, strict=True) if row.passage_id in ids]
        return Shard(kept, {"inconsistent": len(rows) - len(kept)})

    key = key_of("filter", settings, inputs_key, *(tools.identity(name) for name in names))
    return tools.run.stage("filter", GeneratedQuery, work, queries, key, SHARD, count)
