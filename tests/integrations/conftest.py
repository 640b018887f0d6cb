"""A small index folder that the tools search."""

from __future__ import annotations

from pathlib import Path

import pytest

from acclimate.engine.engine import Engine
from acclimate.engine.settings import IndexSettings
from acclimate.types import Passage

PASSAGES = [
    Passage("zip", "Pairs up two lists item by item.", "zip", metadata={"year": 2003}),
    Passage("kill", "Stops a subprocess that hangs.", "kill", metadata={"year": 2005}),
    Passage("pairwise", "Pairs of neighbours in one list.", "pairwise", metadata={"year": 2021}),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "index"
    Engine.create(path, IndexSettings(models=()), PASSAGES).close()
    return path
