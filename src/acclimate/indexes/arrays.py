"""Arrays on disk: written block by block, and mapped only as what they should be."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from acclimate.errors import InputError


def write_blocks(
    path: Path, width: int, dtype: npt.DTypeLike, blocks: Iterable[npt.NDArray[Any]]
) -> int:
    """Write blocks of shape (rows, width) below each other into one .npy file, as `dtype`.

    Returns how many rows that made. Memory holds one block at a time.
    """
    kind, rows = np.dtype(dtype), 0
    with path.open("wb") as file:
        _write_header(file, (0, width), kind)
        for block in blocks:
            file.write(np.ascontiguousarray(block, dtype=kind).tobytes())
            rows += len(block)
        file.seek(0)
        _write_header(file, (rows, width), kind)
    return rows


def map_array(path: Path, dtype: npt.DTypeLike, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """A .npy file by memory map, read-only; InputError where it is another array or none."""
    try:
        found: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"{path}: not an array that can be mapped ({error}); restore the file, or index the "
            "corpus again"
        ) from error
    if found.dtype != np.dtype(dtype) or found.shape != shape:
        raise InputError(
            f"{path}: an array of {found.dtype}, shape {found.shape}, where the index should have "
            f"{np.dtype(dtype)}, shape {shape}; restore the file, or index the corpus again"
        )
    return found


def _write_header(file: IO[bytes], shape: tuple[int, int], dtype: np.dtype[Any]) -> None:
    # numpy pads the header for a growing first axis, so the final one fits over the first.
    described = np.lib.format.dtype_to_descr(dtype)
    header = {"descr": described, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
