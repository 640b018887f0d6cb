"""An experiment's run: the missing cells one after the other, each kept as soon as it is done.

The first seed of everything comes before the second of anything, so that there is a whole table as
early as can be, and every further seed makes it more certain.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from acclimate.errors import AcclimateError
from acclimate.experiments.cells import Cell, cells_of
from acclimate.experiments.collections import Opened, open_collection, source_digest
from acclimate.experiments.grid import Grid
from acclimate.experiments.kept import CellResult, finished_cells, keep, read_kept
from acclimate.experiments.measuring import measure
from acclimate.formats.files import atomic_write
from acclimate.progress import Progress
from acclimate.settings import SourceSettings


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
    cells = _with_sources(cells_of(grid, str(file)), file)
    return Prepared(cells, {each.name: open_collection(each, str(file)) for each in grid.corpora})


def _with_sources(cells: Sequence[Cell], file: Path) -> list[Cell]:
    """The cells, those that learn from another collection with its hash; each is read once."""
    digests: dict[SourceSettings, str] = {}
    for cell in cells:
        wanted = cell.recipe.source
        if cell.needs_source and wanted not in digests:
            digests[wanted] = source_digest(wanted, f"{file}: systems {cell.system.name!r}")
    return [
        replace(cell, source=digests[cell.recipe.source]) if cell.needs_source else cell
        for cell in cells
    ]


def planned(prepared: Prepared, out: Path) -> list[Outcome]:
    """Every cell, with its result where an earlier run kept one; nothing is written."""
    outcomes = []
    done = finished_cells(out / "cells")
    for cell in prepared.cells:
        opened = prepared.opened[cell.collection.name]
        folder = done.get(cell.key(opened), out / "cells" / cell.folder_name(opened))
        outcomes.append(Outcome(cell, folder, read_kept(folder)))
    return outcomes


def run(prepared: Prepared, out: Path, progress: Progress) -> Iterator[list[Outcome]]:
    """Do what is missing; after each cell, all that is known by then, and once if nothing is.

    A cell that fails is told, and the others go on.
    """
    outcomes = planned(prepared, out)
    missing = [number for number in by_seed(prepared.cells) if outcomes[number].result is None]
    for nth, number in enumerate(missing, 1):
        cell = outcomes[number].cell
        progress.say(f"Cell {nth} of {len(missing)}: {cell.name}")
        opened = prepared.opened[cell.collection.name]
        outcomes[number] = _done(outcomes[number], opened, out, progress)
        yield list(outcomes)
    if not missing:
        yield outcomes


def by_seed(cells: Sequence[Cell]) -> list[int]:
    """The cells' places: what is not trained, then the first seed of each, the second, ..."""
    seeds = list(dict.fromkeys(cell.seed for cell in cells if cell.seed is not None))
    turn = {None: 0} | {seed: nth for nth, seed in enumerate(seeds, 1)}
    return sorted(range(len(cells)), key=lambda place: turn[cells[place].seed])


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


def waiting(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The cells whose turn has not come."""
    return [outcome for outcome in outcomes if outcome.result is None and not outcome.error]


def failed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The cells that could not be done."""
    return [outcome for outcome in outcomes if outcome.error]
