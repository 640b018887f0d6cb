"""What all tests share: toy parts, and the real collections where they are at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from toys import Toys

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


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toys:
    """Every toy part, built once; tests that change one work on a copy."""
    import toys  # late, as it takes seconds and most tests need no models

    return toys.build(tmp_path_factory.mktemp("toys"))


@pytest.fixture
def fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models in fp32, so that what must be equal is equal to the last digits."""
    monkeypatch.setattr("acclimate.models.precision.has_native_bf16", lambda device: False)
