"""Short lists of strings on disk, one JSON line for each row of a part, read one at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from acclimate.indexes.postings import Places, mapped


@dataclass(frozen=True, slots=True)
class Lines:
    """blob: the file's bytes; offsets: (rows + 1,), where each line starts."""

    blob: npt.NDArray[np.uint8]
    offsets: Places

    @classmethod
    def open(cls, path: Path) -> Lines:
        """By memory map, from the two files that `write_lines` wrote."""
        empty = path.stat().st_size == 0
        blob = (
            np.zeros(0, np.uint8)
            if empty
            else np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
        )
        return cls(blob, mapped(_offsets(path)))

    def __getitem__(self, row: int) -> tuple[str, ...]:
        line = self.blob[self.offsets[row] : self.offsets[row + 1]].tobytes()
        return tuple(json.loads(line))


def write_lines(path: Path, rows: Iterable[Iterable[str]]) -> None:
    """Write the lists, and beside them where each line starts."""
    offsets = [0]
    with path.open("wb") as file:
        for row in rows:
            line = json.dumps(list(row), ensure_ascii=False, separators=(",", ":")) + "\n"
            offsets.append(offsets[-1] + file.write(line.encode()))
    np.save(_offsets(path), np.asarray(offsets, dtype=np.int64))


def _offsets(path: Path) -> Path:
    return path.with_name(f"{path.stem}-offsets.npy")
