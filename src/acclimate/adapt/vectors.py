"""Vectors that a run keeps in its folder: of its passages, and of the queries it generated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from acclimate.formats.files import atomic_write_bytes
from acclimate.models.around import AroundEncoder
from acclimate.models.base import Encoder, Vectors
from acclimate.runs import Run, key_of, shards
from acclimate.types import GeneratedQuery

StoredVectors = npt.NDArray[np.floating[Any]]

#: Texts encoded at a time; a killed run loses at most so many.
SHARD = 1024


def keep_vectors(
    run: Run,
    name: str,
    key: str,
    texts: Iterable[str],
    shape: tuple[int, int],
    encode: Callable[[list[str]], Vectors],
) -> StoredVectors:
    """The texts' vectors (texts, dimension), memory-mapped: an earlier run's, else made now.

    Shards that an earlier run finished are kept.
    """
    folder = run.folder_of(name, key)
    whole = folder / "vectors.npy"
    if not whole.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with run.progress.task("encode", shape[0]) as advance:
            for number, taken in enumerate(shards(texts, SHARD)):
                path = folder / f"{number:05d}.npy"
                if not path.exists():
                    with atomic_write_bytes(path) as handle:
                        np.save(handle, encode(taken))
                advance(len(taken))
        _join(folder, whole, shape)
    vectors: StoredVectors = np.load(whole, mmap_mode="r")
    return vectors


def _join(folder: Path, whole: Path, shape: tuple[int, int]) -> None:
    parts = sorted(folder.glob("[0-9]*.npy"))
    with atomic_write_bytes(whole) as handle:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(handle, header)
        for part in parts:
            handle.write(np.load(part).tobytes())
    for part in parts:
        part.unlink()


@dataclass(frozen=True, slots=True)
class Asked:
    """The texts of a run's generated queries, each once, and the key of the rows they come from."""

    texts: Sequence[str]
    key: str

    @classmethod
    def by(cls, queries: Iterable[GeneratedQuery], key: str) -> Asked:
        return cls(tuple(dict.fromkeys(query.text for query in queries)), key)


NONE_ASKED = Asked((), "")


class KeptQueries(AroundEncoder):
    """An encoder that reads the vectors of a run's generated queries from its folder.

    The same queries go through the filter, the miner, the check and the teacher. They are encoded
    together the first time that one of them is asked, always in the same batches: a query's last
    digit depends on the batch that it is encoded in, and a resumed run has to end with the same
    bytes, at whichever stage it begins. Other queries are encoded as they come. `asked` is called
    when the first query is.
    """

    def __init__(self, encoder: Encoder, run: Run, asked: Callable[[], Asked]) -> None:
        super().__init__(encoder)
        self._run = run
        self._asked = asked

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        kept = [place for place, text in enumerate(texts) if text in self._rows]
        others = [place for place, text in enumerate(texts) if text not in self._rows]
        if kept:
            vectors[kept] = self._vectors[[self._rows[texts[place]] for place in kept]]
        if others:
            vectors[others] = self.encoder.encode_queries([texts[place] for place in others])
        return vectors

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {text: row for row, text in enumerate(self._asked().texts)}

    @cached_property
    def _vectors(self) -> StoredVectors:
        asked = self._asked()
        return keep_vectors(
            self._run,
            "query-vectors",
            key_of("query-vectors", asked.key, self.identity),
            asked.texts,
            (len(asked.texts), self.dimension),
            self.encoder.encode_queries,
        )
