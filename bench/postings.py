"""The lexical part of an index folder against bm25s called directly: to build and to search.

    python -m bench.postings --collection data/scifact

Both get the same terms, from our analyser. bm25s scores every passage that shares a term with the
query and picks the best; ours, from files that are mapped, leaves out what cannot matter, and
counts deleted passages and filters in. Queries are searched one at a time, as a service does.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
from bm25s import selection

from acclimate.corpus import open_corpus
from acclimate.indexes.analysis import Analyser
from acclimate.indexes.bm25 import LexicalKind, LexicalLeg
from acclimate.indexes.lexical import LexicalSettings
from acclimate.types import Passage
from bench.compare import Agreement, Way, compare, report
from bench.inputs import options, own_queries, some_passages

SETTINGS = LexicalSettings()
ANALYSE = Analyser(SETTINGS.language)
#: The scores of each query's best passages, best first.
Found = list[list[float]]


def direct_index(passages: Sequence[Passage]) -> bm25s.BM25:
    """bm25s over the terms of our analyser."""
    index = bm25s.BM25(k1=SETTINGS.k1, b=SETTINGS.b, method="lucene")
    index.index([ANALYSE(passage.content) for passage in passages], show_progress=False)
    return index


def direct_search(index: bm25s.BM25, queries: Sequence[str], depth: int) -> Found:
    """get_scores and topk for each query."""
    found: Found = []
    for query in queries:
        terms = [term for term in ANALYSE(query) if term in index.vocab_dict]
        scores, _ = selection.topk(index.get_scores(terms), k=depth) if terms else ([], [])
        found.append([float(score) for score in scores if score > 0])
    return found


def our_index(passages: Sequence[Passage], folder: Path) -> LexicalLeg:
    """Written to a new folder below `folder`, and opened."""
    part = Path(tempfile.mkdtemp(dir=folder))
    kind = LexicalKind(SETTINGS)
    kind.write(part, passages)
    return kind.open([part], np.ones(len(passages), dtype=np.bool_), np.arange(len(passages)))


def our_search(leg: LexicalLeg, queries: Sequence[str], depth: int, rows: int) -> Found:
    """Each query by itself."""
    allowed = np.ones(rows, dtype=np.bool_)
    return [leg.search([query], depth, allowed)[0].scores.tolist() for query in queries]


def alike(a: Found, b: Found) -> float:
    """The share of queries for which both give the same scores to 1e-4."""
    pairs = zip(a, b, strict=True)
    same = [len(x) == len(y) and np.allclose(x, y, rtol=0, atol=1e-4) for x, y in pairs]
    return sum(same) / len(same)


def asked(collection: str, passages: Sequence[Passage], count: int) -> list[str]:
    """The collection's own test queries, or sentences of its passages where it has none."""
    corpus = open_corpus(collection)
    own = corpus.queries() if "test" in corpus.splits() else own_queries(passages)
    return [query.text for query in own][:count]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and report."""
    parser = options(__doc__, 0, "passages", repetitions=5)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--depth", type=int, default=10, help="hits for each query")
    given = parser.parse_args(arguments)
    passages = some_passages(given.collection, given.items)
    queries = asked(given.collection, passages, given.queries)
    with tempfile.TemporaryDirectory() as name:
        folder, rows, depth = Path(name), len(passages), given.depth
        building = compare(
            "build",
            "passages",
            passages,
            [
                Way("bm25s", direct_index),
                Way("acclimate", lambda some: our_index(some, folder)),
            ],
            repetitions=1,
            warm_up=min(64, rows),
        )
        direct, leg = direct_index(passages), our_index(passages, folder)
        searching = compare(
            "search",
            "queries",
            queries,
            [
                Way("bm25s", lambda some: direct_search(direct, some, depth)),
                Way("acclimate", lambda some: our_search(leg, some, depth, rows)),
            ],
            given.repetitions,
        )
        reading = leg.reading(queries, depth, np.ones(rows, dtype=np.bool_))
    agreements = [
        Agreement(f"same scores in the top {depth}", alike(*searching.results), 0.999),
        Agreement("share of postings left unread", 1 - reading.read / reading.exhaustive, 0),
    ]
    return report([(building, []), (searching, agreements)], vars(given), given.json)


if __name__ == "__main__":
    sys.exit(main())
