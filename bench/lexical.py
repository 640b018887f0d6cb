"""BM25: our index against bm25s as its documentation shows it, to build and to search.

    python -m bench.lexical

Ours is made of bm25s too. What it adds costs time: words of every script, a rule for equal scores,
and passages that share no word with the query left out.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import bm25s
import Stemmer

from acclimate.indexes.lexical import LexicalIndex, LexicalSettings
from acclimate.types import Passage, Query
from bench.compare import Agreement, Way, compare, report
from bench.inputs import options, own_queries, some_passages

DEPTH = 10
STEMMER = Stemmer.Stemmer("english")
Ranking = list[list[str]]


def direct_index(passages: Sequence[Passage]) -> bm25s.BM25:
    """bm25s with English stop words and stems, and the same numbers as ours."""
    settings = LexicalSettings()
    index = bm25s.BM25(k1=settings.k1, b=settings.b, method="lucene")
    words = bm25s.tokenize(
        [passage.content for passage in passages],
        stopwords="en",
        stemmer=STEMMER,
        show_progress=False,
    )
    index.index(words, show_progress=False)
    return index


def direct_search(
    index: bm25s.BM25, passages: Sequence[Passage], queries: Sequence[Query]
) -> Ranking:
    """All queries at once."""
    texts = [query.text for query in queries]
    words = bm25s.tokenize(texts, stopwords="en", stemmer=STEMMER, show_progress=False)
    rows = index.retrieve(words, k=DEPTH, show_progress=False).documents
    return [[passages[row].id for row in found] for found in rows]


def overlap(a: Ranking, b: Ranking) -> float:
    """Mean share of common passages in two rankings."""
    shares = [len({*x} & {*y}) / max(len(x), len(y), 1) for x, y in zip(a, b, strict=True)]
    return sum(shares) / len(shares)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and report."""
    parser = options(__doc__, 0, "passages", repetitions=5)
    parser.add_argument("--queries", type=int, default=1000)
    given = parser.parse_args(arguments)
    passages = some_passages(given.collection, given.items)
    queries = [Query(row.id, row.text) for row in own_queries(passages)[: given.queries]]
    building = compare(
        "build",
        "passages",
        passages,
        [Way("bm25s", direct_index), Way("acclimate", LexicalIndex.build)],
        given.repetitions,
        warm_up=min(64, len(passages)),
    )
    direct, own = direct_index(passages), LexicalIndex.build(passages)

    def our_search(asked: Sequence[Query]) -> Ranking:
        return [[hit.passage_id for hit in hits] for hits in own.search(asked, DEPTH)]

    searching = compare(
        "search",
        "queries",
        queries,
        [
            Way("bm25s", lambda asked: direct_search(direct, passages, asked)),
            Way("acclimate", our_search),
        ],
        given.repetitions,
    )
    # Words of one letter count for us and not for bm25s, so that rankings differ a little.
    agreements = [Agreement("common in the top 10", overlap(*searching.results), 0.85)]
    return report([(building, []), (searching, agreements)], vars(given), given.json)


if __name__ == "__main__":
    sys.exit(main())
