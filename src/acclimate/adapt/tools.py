"""What several stages share, made once and only if a stage asks: the student, indexes, vectors."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from acclimate.adapt.store import PassageStore
from acclimate.formats.files import atomic_write_bytes
from acclimate.indexes.base import Retriever
from acclimate.indexes.dense import ExactIndex
from acclimate.indexes.lexical import LexicalIndex, LexicalSettings
from acclimate.models.base import Encoder
from acclimate.models.dense import DenseEncoder
from acclimate.models.encoders import open_encoder
from acclimate.models.remembered import RememberedQueries
from acclimate.runs import Run, key_of
from acclimate.settings import Recipe
from acclimate.types import Passage

StoredVectors = npt.NDArray[np.floating[Any]]

#: Passages encoded at a time; a killed run loses at most so many.
VECTOR_SHARD = 1024


class Tools:
    """The parts of one run, each built at most once."""

    def __init__(self, run: Run, passages: PassageStore, recipe: Recipe) -> None:
        self.run = run
        self.passages = passages
        self.recipe = recipe
        self.encoder = cache(self._encoder)
        self.dense = cache(self._dense)

    def over(self, passages: PassageStore) -> Tools:
        """The same parts over other passages of the run; these where they are the same."""
        return self if passages is self.passages else Tools(self.run, passages, self.recipe)

    @cached_property
    def student(self) -> DenseEncoder:
        """The retriever as it was before the adaptation."""
        return self.student_at(self.recipe.student.model)

    def student_at(self, model: str) -> DenseEncoder:
        """The student's settings over another model, as a user will load it."""
        student = self.recipe.student
        return DenseEncoder.load(
            model,
            similarity=student.similarity,
            dtype=student.dtype,
            max_seq_length=student.max_seq_length,
        )

    @cached_property
    def lexical(self) -> LexicalIndex:
        """BM25 over the corpus, in its language."""
        return LexicalIndex.build(self.passages, LexicalSettings(language=self.recipe.language))

    @cached_property
    def rows(self) -> dict[str, int]:
        """Each passage's row in the corpus, and in every index over it."""
        return {passage_id: row for row, passage_id in enumerate(self.passages.ids)}

    def retriever(self, name: str) -> Retriever:
        """The retriever that a recipe names: "bm25", "student", or an encoder."""
        return self.lexical if name == "bm25" else self.dense(name)

    def identity(self, name: str) -> str:
        """What decides the results of the retriever of that name over this corpus."""
        return self.lexical.identity if name == "bm25" else self.encoder(name).identity

    def _encoder(self, name: str) -> Encoder:
        return RememberedQueries(self.student if name == "student" else open_encoder(name))

    def _dense(self, name: str) -> ExactIndex:
        return self.index(self.encoder(name))

    def index(self, encoder: Encoder) -> ExactIndex:
        """An exact index over the corpus, whose vectors are kept in the run folder."""
        return ExactIndex(encoder, self.passages.ids, self._vectors(encoder))

    def _vectors(self, encoder: Encoder) -> StoredVectors:
        key = key_of("vectors", self.passages.fingerprint, encoder.identity)
        folder = self.run.folder_of("vectors", key)
        whole = folder / "vectors.npy"
        if not whole.exists():
            self._encode(encoder, folder)
            _join(folder, whole, (len(self.passages), encoder.dimension))
        vectors: StoredVectors = np.load(whole, mmap_mode="r")
        return vectors

    def _encode(self, encoder: Encoder, folder: Path) -> None:
        """Encode the corpus shard by shard; shards that are there already are kept."""
        folder.mkdir(parents=True, exist_ok=True)
        waiting: list[Passage] = []
        with self.run.progress.task("encode", len(self.passages)) as advance:
            for row, passage in enumerate(self.passages):
                waiting.append(passage)
                if len(waiting) == VECTOR_SHARD or row + 1 == len(self.passages):
                    path = folder / f"{row // VECTOR_SHARD:05d}.npy"
                    if not path.exists():
                        vectors = encoder.encode_passages([each.content for each in waiting])
                        with atomic_write_bytes(path) as handle:
                            np.save(handle, vectors)
                    advance(len(waiting))
                    waiting = []


def _join(folder: Path, whole: Path, shape: tuple[int, int]) -> None:
    shards = sorted(folder.glob("[0-9]*.npy"))
    with atomic_write_bytes(whole) as handle:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(handle, header)
        for shard in shards:
            handle.write(np.load(shard).tobytes())
    for shard in shards:
        shard.unlink()
