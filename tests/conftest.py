"""What all tests share: the real collections, where they are at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

import toys

# A busy machine is no failure, and most examples here wait for the disk.
settings.register_profile("acclimate", deadline=None, max_examples=50)
settings.load_profile("acclimate")

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def collection() -> Callable[[str], Path]:
    """The folder of a real collection by name; the test is skipped where it is absent."""
    root = Path(os.environ.get("ACCLIMATE_DATA") or BESIDE)

    def find(name: str) -> Path:
        folder = root / name
        if not (folder / "corpus.jsonl").is_file():
            pytest.skip(f"no collection {name!r} at {folder}; point ACCLIMATE_DATA at its parent")
        return folder

    return find


@dataclass(frozen=True, slots=True)
class Toys:
    """The folders of the toy parts."""

    encoder: Path
    cross: Path
    causal: Path
    t5: Path
    corpus: Path


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toys:
    """Every toy part, built once; tests that change one work on a copy."""
    folder = tmp_path_factory.mktemp("toys")
    texts = toys.toy_texts()
    return Toys(
        encoder=toys.tiny_encoder(folder, texts),
        cross=toys.tiny_cross(folder, texts),
        causal=toys.tiny_causal(folder, texts),
        t5=toys.tiny_t5(folder, texts),
        corpus=toys.toy_corpus(folder / "corpus"),
    )
