"""An experiment's run: the missing cells one after the other, each kept as soon as it is done."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from acclimate.errors import AcclimateError
from acclimate.experiments.cells import Cell, cells_of
from acclimate.experiments.collections import Opened, check_source, open_collection
from acclimate.experiments.grid import Grid
from acclimate.experiments.kept import CellResult, keep, read_kept
from acclimate.experiments.measuring import measure
from acclimate.formats.files import atomic_write
from acclimate.progress import Progress


@dataclass(frozen=True, slots=True)
class Outcome:
    """A cell with what it found out; without a result it is missing, or failed for `error`."""

    cell: Cell
    folder: Path
    result: CellResult | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The cells of an experiment, and its corpora by their names."""

    cells: Sequence[Cell]
    opened: Mapping[str, Opened]


def prepare(grid: Grid, file: Path) -> Prepared:
    """Check all that the grid names, and read its corpora, before any work starts.

    Raises UsageError or InputError for whatever is not there or cannot be read.
    """
    cells = cells_of(grid, str(file))
    for cell in cells:
        if not cell.system.search:
            check_source(cell.recipe, f"{file}: systems {cell.system.name!r}")
    return Prepared(cells, {each.name: open_collection(each, str(file)) for each in grid.corpora})


def planned(prepared: Prepared, out: Path) -> list[Outcome]:
    """Every cell, with its result where an earlier run kept one; nothing is written."""
    outcomes = []
    for cell in prepared.cells:
        folder = out / "cells" / cell.folder_name(prepared.opened[cell.collection.name])
        outcomes.append(Outcome(cell, folder, read_kept(folder)))
    return outcomes


def run(prepared: Prepared, out: Path, progress: Progress) -> list[Outcome]:
    """Do what is missing. A cell that fails is told, and the others go on."""
    outcomes = planned(prepared, out)
    for number, outcome in enumerate(outcomes):
        if outcome.result is None:
            progress.say(f"Cell {number + 1} of {len(outcomes)}: {outcome.cell.name}")
            opened = prepared.opened[outcome.cell.collection.name]
            outcomes[number] = _done(outcome, opened, out, progress)
    return outcomes


def _done(outcome: Outcome, opened: Opened, out: Path, progress: Progress) -> Outcome:
    cell, folder = outcome.cell, outcome.folder
    report = folder.with_name(f"{folder.name}.error.txt")
    report.unlink(missing_ok=True)
    try:
        keep(measure(cell, opened, opened.run_folder(out), progress), folder, cell.name)
    except Exception as error:  # one broken cell must not cost the others their results
        with atomic_write(report) as handle:
            handle.write(traceback.format_exc())
        progress.say(f"Failed: {cell.name}: {_told(error)} ({report})")
        return replace(outcome, error=_told(error))
    return replace(outcome, result=read_kept(folder))


def _told(error: Exception) -> str:
    first = (str(error).strip().splitlines() or ["no message"])[0]
    return first if isinstance(error, AcclimateError) else f"{type(error).__name__}: {first}"


def failed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The cells that could not be done."""
    return [outcome for outcome in outcomes if outcome.error]
