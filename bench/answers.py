"""What the snippets of an answer cost, beside its hits alone; no service around it.

    python -m bench.answers --collection data/enwiki_leads --index runs/index-enwiki

Queries are asked one after the other, of an index that is opened anew for each round, so that most
passages are cut for the first time: a service soon remembers what is asked for often.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from acclimate.engine.engine import Engine
from acclimate.engine.records import SearchOptions
from acclimate.types import Query
from bench.compare import Agreement, Way, compare, report
from bench.inputs import SEED, options, own_queries, some_passages

WARM_UP = 20


@dataclass(frozen=True, slots=True)
class Answered:
    """The ids of each query's hits, and how many seconds they took."""

    seconds: float
    ids: list[list[str]]


#: One query's hits, by their ids.
Ask = Callable[[Engine, SearchOptions, str], list[str]]


def hits_alone(engine: Engine, wanted: SearchOptions, query: str) -> list[str]:
    """As for measuring."""
    return [hit.passage_id for hit in engine.search_all([Query("query", query)], wanted)[0]]


def without_snippets(engine: Engine, wanted: SearchOptions, query: str) -> list[str]:
    """As for programs: hits with their passages and what each stage said of them."""
    return with_snippets(engine, replace(wanted, snippets=False), query)


def with_snippets(engine: Engine, wanted: SearchOptions, query: str) -> list[str]:
    """As for people."""
    return [result.passage.id for result in engine.search(query, wanted).results]


def run(
    ask: Ask, index: Path, wanted: SearchOptions, first: Sequence[str], queries: Sequence[str]
) -> Answered:
    """Ask everything once; the `first` queries are not counted."""
    engine = Engine.open(index, only=[wanted.mode])
    for query in first:
        ask(engine, wanted, query)
    # As a service does: what is there now is no garbage.
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    ids = [ask(engine, wanted, query) for query in queries]
    answered = Answered(time.perf_counter() - started, ids)
    engine.close()
    gc.unfreeze()
    return answered


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and report."""
    parser = options(__doc__, 0, "passages")
    parser.add_argument("--index", type=Path, required=True, help="an index folder of them")
    parser.add_argument("--mode", default="lexical")
    parser.add_argument("--queries", type=int, default=400)
    parser.add_argument("-k", type=int, default=10)
    given = parser.parse_args(arguments)
    passages = some_passages(given.collection, given.items)
    queries = [" ".join(query.text.split()[:8]) for query in own_queries(passages)]
    drawn = random.Random(SEED).sample(queries, min(given.queries + WARM_UP, len(queries)))
    first, asked = drawn[:WARM_UP], drawn[WARM_UP:]
    wanted = SearchOptions(k=given.k, mode=given.mode)
    ways = [
        Way(name, partial(run, ask, given.index, wanted, first), lambda found: found.seconds)
        for name, ask in (
            ("hits alone", hits_alone),
            ("without snippets", without_snippets),
            ("with snippets", with_snippets),
        )
    ]
    comparison = compare(f"{given.mode} search", "queries", asked, ways, given.repetitions, 0)
    alone, *others = (found.ids for found in comparison.results)
    same = sum(
        all(ids == each for each in rest) for ids, *rest in zip(alone, *others, strict=True)
    ) / len(alone)
    agreement = Agreement("share of queries with the same hits", same, 1.0)
    settings = {**vars(given), "index": str(given.index)}
    return report([(comparison, [agreement])], settings, given.json)


if __name__ == "__main__":
    sys.exit(main())
