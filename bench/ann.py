"""HNSW graphs: faiss, usearch and hnswlib, by recall@10, speed, building time and size.

    python -m bench.ann --collection data/enwiki_leads --claims data/scifact

Queries are sentences of the collection (near some passage) and SciFact's claims (near none). Texts
are cut at `--length` tokens, which changes what is near but not how hard it is to find. Everything
runs in one thread and is told in seconds of processor time, because that is what a busy machine
changes least. Graphs are built with the links and the breadth that `indexes/graph.py` names;
float16 and int8 graphs have what they find scored again in float32, which is counted in.

Taken: faiss, with codes of 8 bits. By bench/results/ann.json, on 25,973 leads of Wikipedia articles
and at the default breadth of 130, every library finds .99 of the best 10. One query at a time
hnswlib is the fastest, at 1.14 times the speed of faiss with int8; in batches faiss with int8 is,
at 1.17 times that of hnswlib; usearch with int8 is at .6 of faiss in both. What decided:

* Size. A row of faiss with int8 takes 528 bytes, one of hnswlib, which has only float32, 1,684.
* Opening. faiss and usearch map the file; every process that opens hnswlib's reads it whole.
* Settings of one search. In faiss the breadth belongs to the call; in usearch and hnswlib it is
  changed on the index, which threads share.
* Filters. usearch's Python has none; hnswlib's is a Python function, called under the GIL for every
  row on the way (56 queries/s where 1 % are allowed); faiss's drops rows from what a walk finds,
  and so loses most of them where few are allowed (recall .60 there). `indexes/vectors.py` therefore
  widens the walk itself and falls back to comparing, by which no filter falls below recall .99.
  Where half of the rows are allowed, hnswlib's function is faster than that, by 1.5 to 2 times.
* Deletion. usearch and hnswlib mark or remove rows; a part of an index folder never changes, and a
  mask says which of its rows are live, so none of it is needed.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from acclimate.corpus import open_corpus
from acclimate.indexes.base import Mask
from acclimate.indexes.vectorpart import Layout, VectorPart, write_part
from acclimate.indexes.vectors import DenseLeg, breadth_for
from acclimate.models.base import Vectors
from acclimate.models.dense import DenseEncoder
from acclimate.ranking import Rows
from acclimate.types import Passage
from bench.compare import machine
from bench.graphs import Built, build_all, faiss_selected, hnswlib_filtered, rescored
from bench.inputs import MINILM, SEED, options, own_queries, some_passages

K = 10
BREADTHS = (32, 64, 96, 130, 256)
BATCH = 64
LIBRARIES = ("faiss-cpu", "usearch", "hnswlib")


class Inputs(NamedTuple):
    """passages, sentences, claims: unit vectors, shape (count, dimension) each."""

    passages: Vectors
    sentences: Vectors
    claims: Vectors


@dataclass(frozen=True, slots=True)
class Measured:
    """One way at one breadth; speeds are queries per second of processor time."""

    way: str
    breadth: int
    recall_sentences: float
    recall_claims: float
    one_by_one: float
    in_batches: float


@dataclass(frozen=True, slots=True)
class Filtered:
    """One way under one filter; `least` is the lowest number of hits that any query got."""

    way: str
    allowed: str
    recall: float
    least: int
    per_second: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 1 where the default misses recall@10 of .98."""
    given = _parser().parse_args(arguments)
    inputs = _inputs(given)
    with tempfile.TemporaryDirectory() as scratch:
        built = build_all(inputs.passages, Path(scratch))
        measured = _measure(built, inputs, given.repetitions)
        legs = _legs(inputs, Path(scratch))
        ours = _ours(legs, inputs, given.repetitions)
        filtered = _filters(inputs, Path(scratch), legs[0][2])
    _show(built, [*measured, *ours], filtered)
    if given.json is not None:
        value = {
            "machine": machine() | {name: version(name) for name in LIBRARIES},
            "settings": {
                name: value for name, value in vars(given).items() if name not in ("json", "cache")
            },
            "rows": len(inputs.passages),
            "graphs": [
                {
                    "way": each.name,
                    "build_seconds": round(each.build_seconds, 2),
                    "bytes_a_row": round(each.bytes_a_row, 1),
                }
                for each in built
            ],
            "searches": [_rounded(asdict(each)) for each in [*measured, *ours]],
            "filters": [_rounded(asdict(each)) for each in filtered],
        }
        given.json.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    worst = min(min(each.recall_sentences, each.recall_claims) for each in ours)
    return 0 if worst >= 0.98 else 1


def _parser() -> ArgumentParser:
    parser = options(__doc__, 0, "passages")
    parser.add_argument("--claims", default="data/scifact", help="the folder of SciFact")
    parser.add_argument("--queries", type=int, default=300, help="of each kind")
    parser.add_argument("--length", type=int, default=64, help="tokens of a text")
    parser.add_argument("--cache", type=Path, help="keep the passages' vectors in this file")
    return parser


def _inputs(given: Namespace) -> Inputs:
    encoder = DenseEncoder.load(MINILM, max_seq_length=given.length)
    passages = some_passages(given.collection, given.items)
    sentences = random.Random(SEED).sample(own_queries(passages), given.queries)
    claims = open_corpus(given.claims).queries("train")[: given.queries]
    return Inputs(
        _encoded(encoder, passages, given.cache),
        encoder.encode_queries([query.text for query in sentences]),
        encoder.encode_queries([query.text for query in claims]),
    )


def _encoded(encoder: DenseEncoder, passages: Sequence[Passage], cache: Path | None) -> Vectors:
    if cache is not None and cache.exists():
        return np.asarray(np.load(cache), dtype=np.float32)
    vectors = encoder.encode_passages([passage.content for passage in passages])
    if cache is not None:
        np.save(cache, vectors)
    return vectors


def _measure(built: Sequence[Built], inputs: Inputs, rounds: int) -> list[Measured]:
    """The ways take turns, so that what slows the machine down slows all of them."""

    def way(graph: Built, breadth: int) -> Callable[[Vectors], list[Rows]]:
        def search(queries: Vectors) -> list[Rows]:
            found = graph.search(queries, breadth)
            if not graph.rescored:
                return [rows[:K] for rows in found]
            pairs = zip(queries, found, strict=True)
            return [rescored(inputs.passages, query, rows, K) for query, rows in pairs]

        return search

    return [
        measured
        for breadth in BREADTHS
        for measured in _turns(
            [(graph.name, breadth, way(graph, breadth)) for graph in built], inputs, rounds
        )
    ]


def _ours(legs: Sequence[tuple[str, int, DenseLeg]], inputs: Inputs, rounds: int) -> list[Measured]:
    """The dense kind's own legs with their defaults, and comparing exactly beside them."""
    every = np.ones(len(inputs.passages), dtype=np.bool_)

    def way(leg: DenseLeg) -> Callable[[Vectors], list[Rows]]:
        return lambda queries: [found.rows for found in leg.search_vectors(queries, K, every)]

    return _turns([(name, breadth, way(leg)) for name, breadth, leg in legs], inputs, rounds)


def _legs(inputs: Inputs, folder: Path) -> list[tuple[str, int, DenseLeg]]:
    """By name and breadth; with a graph, int8 has the files of float16."""
    return [
        (name, breadth, _leg(inputs, folder / f"ours-{number}", store, breadth > 0))
        for number, (name, store, breadth) in enumerate(
            (
                ("acclimate float32", "float32", breadth_for(K)),
                ("acclimate float16 or int8", "int8", breadth_for(K)),
                ("acclimate float32, exact", "float32", 0),
                ("acclimate int8, exact", "int8", 0),
            )
        )
    ]


def _leg(inputs: Inputs, folder: Path, store: str, graph: bool) -> DenseLeg:
    rows, dimension = inputs.passages.shape
    folder.mkdir()
    write_part(folder, dimension, Layout(store, graph, 1), [inputs.passages])
    encoder = DenseEncoder.load(MINILM)
    live = np.ones(rows, dtype=np.bool_)
    return DenseLeg(encoder, [VectorPart.open(folder)], live, np.arange(rows))


def _turns(
    ways: Sequence[tuple[str, int, Callable[[Vectors], list[Rows]]]], inputs: Inputs, rounds: int
) -> list[Measured]:
    asked = np.concatenate((inputs.sentences, inputs.claims))
    exact = _exact(inputs.passages, asked, np.ones(len(inputs.passages), dtype=np.bool_))
    alone: dict[str, list[float]] = {name: [] for name, _, _ in ways}
    batches: dict[str, list[float]] = {name: [] for name, _, _ in ways}
    recalls: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, _, search in ways:
            seconds, found = _timed(search, asked, 1)
            alone[name].append(len(asked) / seconds)
            batches[name].append(len(asked) / _timed(search, asked, BATCH)[0])
            recalls[name] = [len({*a} & {*b}) / K for a, b in zip(exact, found, strict=True)]
    half = len(inputs.sentences)
    return [
        Measured(
            name,
            breadth,
            statistics.mean(recalls[name][:half]),
            statistics.mean(recalls[name][half:]),
            statistics.median(alone[name]),
            statistics.median(batches[name]),
        )
        for name, breadth, _ in ways
    ]


def _filters(inputs: Inputs, folder: Path, leg: DenseLeg) -> list[Filtered]:
    """Rows allowed by chance, and by subject: those nearest to one passage, or far from it."""
    rng = np.random.default_rng(SEED)
    rows = len(inputs.passages)
    near = np.argsort(-(inputs.passages @ inputs.passages[0]), kind="stable")
    masks = {f"{share:.0%} by chance": rng.random(rows) < share for share in (0.01, 0.1, 0.5)}
    for share in (0.1, 0.5):
        subject = np.zeros(rows, dtype=np.bool_)
        subject[near[: int(share * rows)]] = True
        masks[f"{share:.0%} by subject"] = subject
    asked = np.concatenate((inputs.sentences, inputs.claims))[::4]
    found = []
    for name, mask in masks.items():
        exact = _exact(inputs.passages, asked, mask)
        for way, search in _filtered_ways(inputs, folder, leg, mask):
            seconds, hits = _timed(search, asked, 1)
            recall = statistics.mean(len({*a} & {*b}) / K for a, b in zip(exact, hits, strict=True))
            fewest = min(len(each) for each in hits)
            found.append(Filtered(way, name, recall, fewest, len(asked) / seconds))
    return found


def _filtered_ways(
    inputs: Inputs, folder: Path, leg: DenseLeg, mask: Mask
) -> list[tuple[str, Callable[[Vectors], list[Rows]]]]:
    dropping = faiss_selected(folder / "faiss-int8", mask, breadth_for(K))
    calling = hnswlib_filtered(
        folder / "hnswlib-float32", inputs.passages.shape[1], mask, breadth_for(K)
    )

    def ours(queries: Vectors) -> list[Rows]:
        return [found.rows for found in leg.search_vectors(queries, K, mask)]

    def selector(queries: Vectors) -> list[Rows]:
        pairs = zip(queries, dropping(queries), strict=True)
        return [rescored(inputs.passages, query, rows, K) for query, rows in pairs]

    def function(queries: Vectors) -> list[Rows]:
        try:
            return list(calling(queries, K))
        except RuntimeError:  # hnswlib refuses to give fewer than k
            return [np.zeros(0, np.int64)] * len(queries)

    return [
        ("acclimate", ours),
        ("faiss's selector", selector),
        ("hnswlib's function", function),
    ]


def _exact(passages: Vectors, asked: Vectors, mask: Mask) -> list[Rows]:
    rows = np.flatnonzero(mask)
    scores = asked @ passages[rows].T
    return [rows[np.argsort(-each, kind="stable")[:K]] for each in scores]


def _timed(
    search: Callable[[Vectors], list[Rows]], queries: Vectors, batch: int
) -> tuple[float, list[Rows]]:
    found: list[Rows] = []
    started = time.process_time()
    for start in range(0, len(queries), batch):
        found += search(queries[start : start + batch])
    return time.process_time() - started, found


def _rounded(record: dict[str, object]) -> dict[str, object]:
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in record.items()
    }


def _show(
    built: Sequence[Built], searches: Sequence[Measured], filters: Sequence[Filtered]
) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    table = Table("graph", "built in s", "bytes a row")
    for each in built:
        table.add_row(each.name, f"{each.build_seconds:.1f}", f"{each.bytes_a_row:.0f}")
    console.print(table)
    table = Table("way", "breadth", "sentences", "claims", "queries/s", f"in {BATCH}s")
    for row in searches:
        recalls = f"{row.recall_sentences:.4f}", f"{row.recall_claims:.4f}"
        speeds = f"{row.one_by_one:,.0f}", f"{row.in_batches:,.0f}"
        table.add_row(row.way, str(row.breadth or "all"), *recalls, *speeds)
    console.print(table)
    table = Table("way", "allowed", f"recall@{K}", "fewest hits", "queries/s")
    for kept in filters:
        speed = f"{kept.per_second:,.0f}"
        table.add_row(kept.way, kept.allowed, f"{kept.recall:.4f}", str(kept.least), speed)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
