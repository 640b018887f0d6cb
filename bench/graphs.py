"""HNSW in three libraries behind one face, each with the same number of links, in one thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from acclimate.indexes.base import Mask
from acclimate.indexes.graph import BUILD_BREADTH, LINKS
from acclimate.models.base import Vectors
from acclimate.ranking import Rows

#: Queries and breadth → rows, the nearest first, shape (queries, breadth), -1 for none.
Search = Callable[[Vectors, int], Rows]


@dataclass(frozen=True, slots=True)
class Built:
    """A graph on disk and opened again; `rescored`: its own order is not precise enough."""

    name: str
    search: Search
    rescored: bool
    build_seconds: float
    bytes_a_row: float


def build_all(vectors: Vectors, folder: Path) -> list[Built]:
    """Every library with every storage that it offers."""
    makers = {
        "faiss float32": lambda path: faiss_graph(vectors, path, ""),
        "faiss float16": lambda path: faiss_graph(vectors, path, "QT_fp16"),
        "faiss int8": lambda path: faiss_graph(vectors, path, "QT_8bit"),
        "usearch float32": lambda path: usearch_graph(vectors, path, "f32"),
        "usearch float16": lambda path: usearch_graph(vectors, path, "f16"),
        "usearch int8": lambda path: usearch_graph(vectors, path, "i8"),
        "hnswlib float32": lambda path: hnswlib_graph(vectors, path),
    }
    return [_built(name, make, folder, len(vectors)) for name, make in makers.items()]


def faiss_graph(vectors: Vectors, path: Path, quantizer: str) -> Search:
    """`quantizer` is faiss's name, empty for float32. Opened by memory map."""
    faiss = _library("faiss")
    faiss.omp_set_num_threads(1)
    dimension, product = vectors.shape[1], faiss.METRIC_INNER_PRODUCT
    index = (
        faiss.IndexHNSWSQ(dimension, getattr(faiss.ScalarQuantizer, quantizer), LINKS, product)
        if quantizer
        else faiss.IndexHNSWFlat(dimension, LINKS, product)
    )
    index.hnsw.efConstruction = BUILD_BREADTH
    index.train(vectors)
    index.add(vectors)
    faiss.write_index(index, str(path))
    opened = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)

    def search(queries: Vectors, breadth: int) -> Rows:
        wide = faiss.SearchParametersHNSW(efSearch=breadth)
        return np.asarray(opened.search(queries, breadth, params=wide)[1], dtype=np.int64)

    return search


def faiss_selected(path: Path, allowed: Mask, breadth: int) -> Callable[[Vectors], Rows]:
    """The 10 nearest by faiss's own filter, which drops rows from what the same walk finds."""
    faiss = _library("faiss")
    opened = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    bits = np.packbits(allowed, bitorder="little")
    chosen = faiss.IDSelectorBitmap(bits)

    def search(queries: Vectors) -> Rows:
        wide = faiss.SearchParametersHNSW(efSearch=breadth, sel=chosen)
        return np.asarray(opened.search(queries, breadth, params=wide)[1], dtype=np.int64)

    return search


def usearch_graph(vectors: Vectors, path: Path, dtype: str) -> Search:
    """Opened by memory map; the breadth is the index's own and has to be set for each search."""
    index_of = _library("usearch.index").Index

    settings: dict[str, Any] = {
        "ndim": vectors.shape[1],
        "metric": "cos" if dtype == "i8" else "ip",
        "dtype": dtype,
        "connectivity": LINKS,
        "expansion_add": BUILD_BREADTH,
    }
    index = index_of(**settings)
    index.add(np.arange(len(vectors)), vectors, threads=1)
    index.save(str(path))
    opened = index_of(**settings)
    opened.view(str(path))

    def search(queries: Vectors, breadth: int) -> Rows:
        opened.expansion_search = breadth
        found = opened.search(queries, breadth, threads=1)
        return np.atleast_2d(np.asarray(found.keys, dtype=np.int64))

    return search


def hnswlib_graph(vectors: Vectors, path: Path) -> Search:
    """Read into memory: the library has no memory map."""
    index = _hnswlib(vectors.shape[1])
    index.init_index(max_elements=len(vectors), ef_construction=BUILD_BREADTH, M=LINKS)
    index.add_items(vectors, np.arange(len(vectors)), num_threads=1)
    index.save_index(str(path))
    opened = _hnswlib(vectors.shape[1])
    opened.load_index(str(path))

    def search(queries: Vectors, breadth: int) -> Rows:
        opened.set_ef(breadth)
        return np.asarray(opened.knn_query(queries, k=breadth, num_threads=1)[0], dtype=np.int64)

    return search


def hnswlib_filtered(path: Path, dimension: int, allowed: Mask, breadth: int) -> Search:
    """The library's own filter: a Python function that is called for every row on the way."""
    opened = _hnswlib(dimension)
    opened.load_index(str(path))
    opened.set_ef(breadth)
    may: list[bool] = allowed.tolist()

    def search(queries: Vectors, k: int) -> Rows:
        found = opened.knn_query(queries, k=k, num_threads=1, filter=may.__getitem__)
        return np.asarray(found[0], dtype=np.int64)

    return search


def rescored(vectors: Vectors, query: Vectors, rows: Rows, k: int) -> npt.NDArray[np.int64]:
    """The best k of some rows by their float32 vectors."""
    there = rows[rows >= 0]
    return np.asarray(there[np.argsort(-(vectors[there] @ query), kind="stable")[:k]])


def _hnswlib(dimension: int) -> Any:
    return _library("hnswlib").Index(space="ip", dim=dimension)


def _library(name: str) -> Any:
    """Without types, which two of the libraries lack and faiss has for half of itself."""
    return import_module(name)


def _built(name: str, make: Callable[[Path], Search], folder: Path, rows: int) -> Built:
    path = folder / name.replace(" ", "-")
    started = time.process_time()
    search = make(path)
    seconds = time.process_time() - started
    print(f"{name}: built in {seconds:.1f} s", flush=True)
    precise = name.endswith("float32")
    return Built(name, search, not precise, seconds, path.stat().st_size / rows)
