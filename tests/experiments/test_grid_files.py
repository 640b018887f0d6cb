"""The grids that come along, and the one that the documentation shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from acclimate.experiments.cells import cells_of
from acclimate.experiments.grid import read_grid

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "experiments").glob("*/*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_grid_names_recipes_and_settings_that_there_are(path: Path) -> None:
    cells = cells_of(read_grid(path), str(path))
    assert len(cells) == len({cell.name for cell in cells}) > 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_grid_is_told_of_and_has_both_sizes(path: Path) -> None:
    assert f"`{path.name}`" in (ROOT / "experiments" / "README.md").read_text()
    other = {"cpu": "paper", "paper": "cpu"}[path.parent.name]
    assert (path.parents[1] / other / path.name).exists()


def test_grid_of_the_documentation_can_be_read(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "experiments.md").read_text()
    [shown] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "grid.toml").write_text(shown)
    cells = cells_of(read_grid(tmp_path / "grid.toml"), "docs")
    assert [cell.name for cell in cells][:2] == ["SciFact, zero-shot", "SciFact, GPL, seed 42"]
