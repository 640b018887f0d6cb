"""The files of one part of the dense index.

| file | rows × | when |
|---|---|---|
| vectors.npy | dimension numbers of 4 bytes, or 2 for float16 and int8 | always |
| graph.faiss | dimension bytes and about 150 of links | approximate, from `exact_below` rows |
| codes.npy, scales.npy | dimension + 4 bytes | int8, where there is no graph |
| part.json | | always: what the others must be |

So of a row of 384 dimensions with a graph, float32 takes 2.1 kB and the others 1.3 kB. Every score
is computed from vectors.npy; graph and codes only say which rows are worth it, so that int8 gives
what float16 gives and most of vectors.npy is seldom read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.indexes.arrays import map_array, write_blocks
from acclimate.indexes.base import Mask
from acclimate.indexes.exact import Draft, StoredVectors
from acclimate.indexes.graph import Graph, build_graph

#: How vectors.npy is written, by the name of the store.
STORES = {"float32": np.float32, "float16": np.float16, "int8": np.float16}
#: Rows that are copied or coded at a time.
BLOCK = 16_384

VECTORS, GRAPH, CODES, SCALES, FACTS = (
    "vectors.npy",
    "graph.faiss",
    "codes.npy",
    "scales.npy",
    "part.json",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """What decides which files a part gets."""

    store: str
    approximate: bool
    exact_below: int

    def walks(self, rows: int) -> bool:
        """Whether a part of so many rows gets a graph."""
        return self.approximate and rows >= max(1, self.exact_below)


@dataclass(frozen=True, slots=True)
class Facts:
    """What part.json says. `slack` is the draft's, where there is one."""

    rows: int
    dimension: int
    store: str
    graph: bool
    slack: float = 0.0


@dataclass(frozen=True, slots=True)
class VectorPart:
    """A part's files, mapped."""

    folder: Path
    vectors: StoredVectors
    draft: Draft | None
    graph: Graph | None

    @classmethod
    def open(cls, folder: Path) -> VectorPart:
        """InputError where the files are not what part.json says."""
        facts = _read_facts(folder / FACTS)
        shape = (facts.rows, facts.dimension)
        vectors = map_array(folder / VECTORS, STORES[facts.store], shape)
        graph = Graph.open(folder / GRAPH, *shape) if facts.graph else None
        draft = _open_draft(folder, facts) if facts.store == "int8" and not graph else None
        return cls(folder, vectors, draft, graph)


def write_part(
    folder: Path, dimension: int, layout: Layout, blocks: Iterable[StoredVectors]
) -> None:
    """Write a part over vectors that come in blocks of shape (rows, dimension)."""
    kind = STORES[layout.store]
    rows = write_blocks(folder / VECTORS, dimension, kind, blocks)
    vectors = map_array(folder / VECTORS, kind, (rows, dimension))
    graph, slack = layout.walks(rows), 0.0
    if graph:
        build_graph(folder / GRAPH, vectors)
    elif layout.store == "int8":
        slack = _write_draft(folder, vectors)
    facts = Facts(rows, dimension, layout.store, graph, slack)
    (folder / FACTS).write_text(json.dumps(asdict(facts)) + "\n", encoding="utf-8")


def kept_blocks(parts: Sequence[VectorPart], keep: Sequence[Mask]) -> Iterator[StoredVectors]:
    """The kept vectors of several parts, as they are stored."""
    for part, mask in zip(parts, keep, strict=True):
        rows = np.flatnonzero(mask)
        for start in range(0, len(rows), BLOCK):
            yield part.vectors[rows[start : start + BLOCK]]


def _write_draft(folder: Path, vectors: StoredVectors) -> float:
    """Code what is stored, not what was encoded: then a merged part codes the same."""
    scales = np.empty(len(vectors), dtype=np.float32)
    slack = 0.0

    def blocks() -> Iterator[Any]:
        nonlocal slack
        for start in range(0, len(vectors), BLOCK):
            block = np.asarray(vectors[start : start + BLOCK], dtype=np.float32)
            scale = np.maximum(np.abs(block).max(axis=1), np.float32(1e-30)) / np.float32(127)
            codes = np.rint(block / scale[:, np.newaxis])
            off = np.linalg.norm((block - codes * scale[:, np.newaxis]).astype(np.float64), axis=1)
            scales[start : start + BLOCK] = scale
            slack = max(slack, float(off.max()))
            yield codes

    write_blocks(folder / CODES, vectors.shape[1], np.int8, blocks())
    np.save(folder / SCALES, scales)
    return slack


def _open_draft(folder: Path, facts: Facts) -> Draft:
    codes = map_array(folder / CODES, np.int8, (facts.rows, facts.dimension))
    scales = map_array(folder / SCALES, np.float32, (facts.rows,))
    return Draft(codes, scales, facts.slack)


def _read_facts(path: Path) -> Facts:
    try:
        facts = Facts(**json.loads(path.read_bytes()))
        if facts.store not in STORES:
            raise ValueError(f"store {facts.store!r}")
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"{path}: cannot be read ({type(error).__name__}: {error}); restore the file, or index "
            "the corpus again"
        ) from error
    return facts
