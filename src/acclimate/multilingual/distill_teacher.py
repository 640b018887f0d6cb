"""The teacher's vectors of source sentences: computed once, and kept in the run folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acclimate.formats.files import atomic_write_bytes
from acclimate.models.base import Vectors
from acclimate.models.dense import DenseEncoder
from acclimate.multilingual.pair_store import Integers, PairStore
from acclimate.runs import Run, key_of

#: Vectors in a file; a killed run goes on after the last whole one.
SHARD = 4096


@dataclass(frozen=True, slots=True)
class TeacherVectors:
    """The vectors of these rows of source sentences, mapped from disk; rows ascend."""

    rows: Integers
    shards: Sequence[Vectors]

    def of(self, rows: Integers) -> Vectors:
        """Vectors of shape (rows, dimension), for rows that are among ours."""
        places = np.searchsorted(self.rows, rows)
        return np.stack([self.shards[place // SHARD][place % SHARD] for place in places])


def teacher_vectors(
    run: Run, teacher: DenseEncoder, store: PairStore, rows: Integers
) -> TeacherVectors:
    """What the teacher says of these source sentences, or said when it was asked before."""
    asked = hashlib.sha256(rows.tobytes()).hexdigest()
    folder = run.folder_of("teacher", key_of("teacher", teacher.identity, store.fingerprint, asked))
    folder.mkdir(parents=True, exist_ok=True)
    shards = []
    with run.progress.task("teach", len(rows)) as advance:
        for number, start in enumerate(range(0, len(rows), SHARD)):
            path = folder / f"{number:05d}.npy"
            part = rows[start : start + SHARD]
            if not path.exists():
                with atomic_write_bytes(path) as handle:
                    np.save(handle, teacher.encode_passages(store.sources(part)))
            shards.append(np.load(path, mmap_mode="r", allow_pickle=False))
            advance(len(part))
    return TeacherVectors(rows, shards)
