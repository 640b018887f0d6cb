"""HNSW graphs: the nearest rows of many without comparing all (Malkov and Yashunin, TPAMI 2020).

faiss builds and walks them; `bench/ann.py` says why it. A graph walks over codes of its own, of 8
bits a number: a third of float32's size and no slower. What it finds is to be scored again on the
vectors as they are stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from acclimate.errors import InputError
from acclimate.indexes.exact import StoredVectors
from acclimate.models.base import Vectors
from acclimate.ranking import Rows

if TYPE_CHECKING:
    import faiss

#: Links of a row on the higher levels; on the lowest it has twice as many.
LINKS = 16
#: Rows that are looked at as neighbours of a new one (efConstruction): what building costs.
BUILD_BREADTH = 200
#: Rows added at a time, so that few are widened to float32 at once.
BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Graph:
    """Threads may share it; faiss lets go of the GIL while it walks."""

    index: faiss.IndexHNSWSQ

    @classmethod
    def open(cls, path: Path, rows: int, dimension: int) -> Graph:
        """By memory map; InputError where the file is none, or one of other vectors."""
        library = _faiss()
        try:
            index = library.read_index(str(path), library.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise InputError(
                f"{path}: not a graph that faiss can map ({reason}); restore the file, or index "
                "the corpus again"
            ) from error
        if not isinstance(index, library.IndexHNSWSQ) or (index.ntotal, index.d) != (
            rows,
            dimension,
        ):
            raise InputError(
                f"{path}: {type(index).__name__} of {index.ntotal} rows of {index.d} dimensions, "
                f"where the index should have IndexHNSWSQ of {rows} rows of {dimension}; restore "
                "the file, or index the corpus again"
            )
        return cls(index)

    def nearest(self, queries: Vectors, breadth: int) -> Rows:
        """The rows that a walk of some breadth (efSearch) keeps, the nearest first.

        Shape (queries, breadth), -1 where it found fewer.
        """
        asked = np.ascontiguousarray(queries, dtype=np.float32)
        wide = _faiss().SearchParametersHNSW(efSearch=breadth)
        _, rows = self.index.search(asked, breadth, params=wide)
        return np.asarray(rows, dtype=np.int64)


def build_graph(path: Path, vectors: StoredVectors) -> None:
    """Write the graph of vectors, shape (rows, dimension), one row at least.

    In one thread: the order in which rows are linked decides the graph, and the same vectors should
    give the same file.
    """
    library = _faiss()
    rows, dimension = vectors.shape
    # The dot product itself decides who is near. Turned into a distance by one more dimension
    # (Bachrach et al., RecSys 2014), long vectors crowd the graph; Morozov and Babenko (NeurIPS
    # 2018) found the plain product the better of the two.
    index = library.IndexHNSWSQ(
        dimension, library.ScalarQuantizer.QT_8bit, LINKS, library.METRIC_INNER_PRODUCT
    )
    index.hnsw.efConstruction = BUILD_BREADTH
    with _one_thread(library):
        index.train(_float32(vectors[:: rows // BLOCK + 1]))
        for block in _blocks(vectors):
            index.add(block)
    library.write_index(index, str(path))


def _blocks(vectors: StoredVectors) -> Iterable[Vectors]:
    return (_float32(vectors[at : at + BLOCK]) for at in range(0, len(vectors), BLOCK))


def _float32(vectors: StoredVectors) -> Vectors:
    return np.ascontiguousarray(vectors, dtype=np.float32)


@contextmanager
def _one_thread(library: Any) -> Iterator[None]:
    # OpenMP keeps this number for each thread that asks, so no other search is slowed down.
    threads = library.omp_get_max_threads()
    library.omp_set_num_threads(1)
    try:
        yield
    finally:
        library.omp_set_num_threads(threads)


def _faiss() -> Any:
    # Late, as a search without a graph needs none of it. Its type stubs leave out half of it.
    import faiss

    library: Any = faiss
    return library
