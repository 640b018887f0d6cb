"""Comparing vectors that are mapped from a file and must not be written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from acclimate.indexes import exact
from acclimate.indexes.exact import Comparison

ROWS, DIMENSION = 50, 8


def mapped(folder: Path) -> Comparison:
    """A comparison of vectors in a file, mapped read-only."""
    vectors = np.random.default_rng(0).standard_normal((ROWS, DIMENSION), np.float32)
    np.save(folder / "vectors.npy", vectors)
    found = np.load(folder / "vectors.npy", mmap_mode="r")
    return Comparison(found, np.arange(ROWS), str, torch.device("cpu"))


def best(comparison: Comparison) -> list[int]:
    query = np.ones((1, DIMENSION), np.float32)
    rows, _ = comparison.best(query, 5, np.arange(10, ROWS))
    return [int(row) for row in rows[0]]


@pytest.mark.filterwarnings("error")
def test_a_read_only_mapping_is_compared_without_a_warning(tmp_path: Path) -> None:
    comparison = mapped(tmp_path)
    scores = comparison.vectors.sum(axis=1)
    assert best(comparison) == sorted(range(10, ROWS), key=lambda row: -scores[row])[:5]


def test_libraries_that_refuse_a_read_only_mapping_get_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison = mapped(tmp_path)
    expected = best(comparison)

    def refuse(block: object) -> torch.Tensor:
        del block
        raise BufferError("cannot export a read-only array")

    monkeypatch.setattr(exact, "from_dlpack", refuse)
    assert best(mapped(tmp_path)) == expected
