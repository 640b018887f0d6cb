"""results.parquet: a row for each cell, system, query and measure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acclimate.experiments.cells import TRAININGS, Cell
from acclimate.experiments.findings import Experiment
from acclimate.experiments.running import Outcome
from acclimate.extras import need
from acclimate.fields import flat
from acclimate.formats.files import atomic_write_bytes

#: Columns that every experiment has; the settings in which its cells differ follow.
COLUMNS = (
    "experiment", "corpus", "cell", "at", "recipe", "seed",
    "system", "step", "query_id", "measure", "value",
)  # fmt: skip


def write_parquet(experiment: Experiment, path: Path) -> None:
    """Write all values query by query. Raises MissingExtra where pyarrow is not installed."""
    arrow = need("pyarrow", "parquet")
    writer = need("pyarrow.parquet", "parquet")
    columns = columns_of(experiment)
    kinds = {"seed": arrow.int64(), "step": arrow.int64(), "value": arrow.float64()}
    table = arrow.table(
        {name: arrow.array(each, kinds.get(name, arrow.string())) for name, each in columns.items()}
    )
    with atomic_write_bytes(path) as handle:
        writer.write_table(table, handle)


def columns_of(experiment: Experiment) -> dict[str, list[Any]]:
    """The columns by their names; settings are texts, and absent where nothing was trained."""
    varying = _varying([each.cell for each in experiment.outcomes if not each.cell.system.search])
    columns: dict[str, list[Any]] = {name: [] for name in (*COLUMNS, *varying)}
    for outcome in experiment.outcomes:
        for row in _rows(experiment.grid.name, outcome, varying):
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    return columns


def _rows(name: str, outcome: Outcome, varying: Sequence[str]) -> list[tuple[Any, ...]]:
    cell, result = outcome.cell, outcome.result
    if result is None:
        return []
    known = {} if cell.system.search else dict(flat(cell.recipe))
    settings = [_text(known[key]) if known else None for key in varying]
    recipe = cell.recipe.name if known else None
    start = (name, cell.collection.name, cell.system.name, cell.at or None, recipe, cell.seed)
    return [
        (*start, each.system, each.step, each.query_id, each.measure, each.value, *settings)
        for each in result.values
    ]


def _varying(cells: Sequence[Cell]) -> list[str]:
    """The settings that are not the same in all cells."""
    recipes = [dict(flat(cell.recipe)) for cell in cells]
    told = ("name", "description", *(f"{part}.seed" for part in TRAININGS))
    return [
        key
        for key in (recipes[0] if recipes else ())
        if key not in told and len({_text(recipe.get(key)) for recipe in recipes}) > 1
    ]


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
