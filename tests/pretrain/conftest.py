"""The students of every family, saved once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

import dialects
import families
from acclimate.models.dense import DenseEncoder

Student = Callable[..., DenseEncoder]


@pytest.fixture(scope="session")
def corpus() -> dialects.Dialects:
    return dialects.dialects()


@pytest.fixture(scope="session")
def student(corpus: dialects.Dialects, tmp_path_factory: pytest.TempPathFactory) -> Student:
    """Loads a fresh student: `student("bert")`, and with `similarity` its own."""
    saved: dict[tuple[str, str], Path] = {}

    def load(family: str, similarity: Literal["dot", "cosine"] = "dot") -> DenseEncoder:
        key = (family, similarity)
        if key not in saved:
            folder = tmp_path_factory.mktemp(family)
            saved[key] = families.save(family, folder, corpus.texts, similarity=similarity)
        return DenseEncoder.load(str(saved[key]), dtype="float32", attention="eager")

    return load
