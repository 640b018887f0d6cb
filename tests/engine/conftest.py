"""A folder for tests that synchronise files thousands of times."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from wordkind import FAST


@pytest.fixture
def fast_path() -> Iterator[Path]:
    """Like tmp_path, but in memory where the system has such a place."""
    with tempfile.TemporaryDirectory(dir=FAST) as folder:
        yield Path(folder)
