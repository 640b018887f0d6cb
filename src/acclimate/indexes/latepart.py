"""The files of one part of late interaction: token vectors, and where each row's start."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from acclimate.errors import InputError
from acclimate.indexes.arrays import map_array, write_blocks
from acclimate.indexes.base import Mask
from acclimate.ranking import Rows

TOKENS, OFFSETS, FACTS = "tokens.npy", "offsets.npy", "part.json"
#: Rows that are copied at a time.
BLOCK = 1024

Tokens = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Facts:
    """What part.json says; `longest`: no token's vector is longer."""

    rows: int
    tokens: int
    dimension: int
    longest: float


@dataclass(frozen=True, slots=True)
class LatePart:
    """tokens: (tokens, dimension); offsets: (rows + 1,), increasing; both mapped."""

    tokens: Tokens
    offsets: Rows
    longest: float

    @classmethod
    def open(cls, folder: Path, dimension: int) -> LatePart:
        """InputError where the files are not what part.json says, or of another dimension."""
        path = folder / FACTS
        try:
            facts = Facts(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"{path}: cannot be read ({type(error).__name__}: {error}); restore the file, or "
                "index the corpus again"
            ) from error
        tokens = map_array(folder / TOKENS, np.float16, (facts.tokens, dimension))
        offsets = map_array(folder / OFFSETS, np.int64, (facts.rows + 1,))
        if offsets[0] != 0 or offsets[-1] != facts.tokens or (np.diff(offsets) < 0).any():
            raise InputError(
                f"{folder / OFFSETS}: does not divide {facts.tokens} tokens among rows; restore "
                "the file, or index the corpus again"
            )
        return cls(tokens, offsets, facts.longest)

    @property
    def rows(self) -> int:
        return len(self.offsets) - 1

    def tokens_of(self, rows: Rows) -> Tokens:
        """The tokens of some rows, one row's after the other's, shape (tokens, dimension)."""
        starts, stops = self.offsets[rows], self.offsets[rows + 1]
        lengths = stops - starts
        # Each row's places count up from its start.
        shift = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
        return np.asarray(self.tokens[np.arange(len(shift)) + shift])


def write_part(folder: Path, dimension: int, chunks: Iterable[Sequence[Tokens]]) -> None:
    """Write a part over rows that come in chunks, each row of shape (tokens, dimension)."""
    lengths: list[int] = []
    longest = 0.0

    def blocks() -> Iterator[Tokens]:
        nonlocal longest
        for chunk in chunks:
            lengths.extend(len(row) for row in chunk)
            together = np.concatenate([np.zeros((0, dimension), np.float16), *chunk])
            norms = np.linalg.norm(together.astype(np.float64), axis=1)
            longest = max(longest, float(norms.max(initial=0.0)))
            yield together

    tokens = write_blocks(folder / TOKENS, dimension, np.float16, blocks())
    np.save(folder / OFFSETS, np.cumsum([0, *lengths], dtype=np.int64))
    facts = Facts(len(lengths), tokens, dimension, longest)
    (folder / FACTS).write_text(json.dumps(asdict(facts)) + "\n", encoding="utf-8")


def kept_tokens(parts: Sequence[LatePart], keep: Sequence[Mask]) -> Iterator[list[Tokens]]:
    """The tokens of the kept rows of several parts."""
    for part, mask in zip(parts, keep, strict=True):
        rows = np.flatnonzero(mask)
        for start in range(0, len(rows), BLOCK):
            some = rows[start : start + BLOCK]
            lengths = part.offsets[some + 1] - part.offsets[some]
            yield np.split(part.tokens_of(some), np.cumsum(lengths)[:-1])
