"""Exact dense search: our index against sentence_transformers.util.semantic_search.

    python -m bench.dense_search --collection data/scifact

Vectors are encoded before the clock starts. Ours scores its candidates again in float64, so that
equal passages score equally on any machine; this shows what that costs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import torch
from sentence_transformers.util import semantic_search

from acclimate.indexes.dense import ExactIndex
from acclimate.models.base import Vectors
from acclimate.models.dense import DenseEncoder
from bench.compare import Agreement, Way, compare, report
from bench.inputs import MINILM, options, own_queries, some_passages

DEPTH = 100
Ranking = list[list[int]]


def usual(vectors: Vectors) -> Way[list[float], Ranking]:
    """As the library's documentation shows it, on vectors that are normalised already."""
    corpus = torch.from_numpy(vectors)

    def run(queries: Sequence[list[float]]) -> Ranking:
        found = semantic_search(torch.tensor(queries), corpus, top_k=DEPTH)
        return [[int(hit["corpus_id"]) for hit in hits] for hits in found]

    return Way("semantic_search", run)


def ours(index: ExactIndex) -> Way[list[float], Ranking]:
    """Acclimate's exact index."""

    def run(queries: Sequence[list[float]]) -> Ranking:
        rows, _ = index.search_vectors(torch.tensor(queries).numpy(), DEPTH)
        return [[int(row) for row in found] for found in rows]

    return Way("acclimate", run)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and report."""
    parser = options(__doc__, 0, "passages", repetitions=5)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--model", default=MINILM)
    given = parser.parse_args(arguments)
    passages = some_passages(given.collection, given.items)
    asked = [row.text for row in own_queries(passages)[: given.queries]]
    encoder = DenseEncoder.load(given.model)
    vectors = encoder.encode_passages([passage.content for passage in passages])
    queries: list[list[float]] = encoder.encode_queries(asked).tolist()
    index = ExactIndex(encoder, [passage.id for passage in passages], vectors)
    ways = [usual(vectors), ours(index)]
    task = f"search in {len(passages):,} passages"
    found = compare(task, "queries", queries, ways, given.repetitions)
    same = [
        len({*a} & {*b}) / max(len(a), len(b))
        for a, b in zip(found.results[0], found.results[1], strict=True)
    ]
    agreements = [Agreement(f"common in the top {DEPTH}", sum(same) / len(same), 0.99)]
    return report([(found, agreements)], vars(given), given.json)


if __name__ == "__main__":
    sys.exit(main())
