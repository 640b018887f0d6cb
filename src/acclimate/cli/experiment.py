"""`acclimate experiment`: systems compared on corpora with seeds, as one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acclimate import api
from acclimate.cli import show
from acclimate.cli.options import Debug, Json, tell_new_folders
from acclimate.cli.state import STATE
from acclimate.progress import Bars

if TYPE_CHECKING:
    from acclimate.experiments.findings import Experiment
    from acclimate.experiments.running import Outcome


def experiment(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.toml", help="The experiment; see experiments/.", show_default=False
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Where everything is written. Running again with the same DIR resumes.",
            show_default=False,
            callback=tell_new_folders,
        ),
    ],
    corpora: Annotated[
        list[str] | None,
        typer.Option(
            "--corpus",
            metavar="JUDGED_CORPUS",
            help="Only this one of the file's corpora, by its name, or another collection instead; "
            "may be given again.",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[
        list[int] | None,
        typer.Option(
            "--seed",
            help="Only this seed in place of the file's; may be given again.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list the cells, and which are done.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare systems on corpora, each trained with several seeds.

    The tables and figures of FILE are in DIR/FILE/results.html and results.md there, every value
    is in results.parquet, and the runs are in DIR/cells. Several experiments may share DIR: what
    they have in common is done once. The exit code is 1 if a cell failed.

    * `acclimate experiment experiments/cpu/table1.toml --out runs/cpu`
    * `acclimate experiment experiments/cpu/table1.toml --out runs/cpu --corpus Medline`
    * `acclimate experiment experiments/cpu/table1.toml --out runs/mine --corpus my-judged-corpus`
    """
    if dry_run:
        cells = api.experiment_cells(file, out, corpora or (), seeds or ())
        show.as_json({"cells": [_plain_cell(each) for each in cells]}) if json else _show(cells)
        return
    STATE.resumable = True
    found = api.experiment(file, out, corpora or (), Bars(), seeds or ())
    show.as_json(_plain(found)) if json else _show_found(found)
    if found.failed:
        raise typer.Exit(1)


def _show(cells: list[Outcome]) -> None:
    rows = [(each.cell.name, each.folder.name, _state(each)) for each in cells]
    show.table(("cell", "folder", "state"), rows)
    show.line(f"{sum(each.result is not None for each in cells)} of {len(cells)} cells are done")


def _state(outcome: Outcome) -> str:
    if outcome.result is not None:
        return "done"
    return "failed" if outcome.error else "missing"


def _show_found(found: Experiment) -> None:
    from acclimate.experiments import shown

    table = found.table
    rows = [
        (
            line.row.name,
            *map(shown.marked, (*line.entries, *([line.average] if table.several else []))),
            shown.rank(line.rank),
            shown.spread(line.seeds),
        )
        for line in table.lines
    ]
    heads = shown.heads(table)
    show.line(f"{found.grid.name}: {table.measure} x 100")
    show.table(("system", *heads), rows, numbers=len(heads))
    show.line(shown.told(found.grid))
    for outcome in found.failed:
        show.line(f"Failed: {outcome.cell.name}: {outcome.error}")
    show.line(f"Report: {found.folder / 'results.html'}")


def _plain(found: Experiment) -> dict[str, Any]:
    table = found.table
    return {
        "experiment": found.grid.name,
        "folder": str(found.folder),
        "report": str(found.folder / "results.html"),
        "measure": table.measure,
        "baseline": found.grid.baseline,
        "corpora": list(table.corpora),
        "lines": [show.record(line) for line in table.lines],
        "cells": [_plain_cell(each) for each in found.outcomes],
        "failed": len(found.failed),
    }


def _plain_cell(outcome: Outcome) -> dict[str, Any]:
    cell = outcome.cell
    return {
        "cell": cell.name,
        "corpus": cell.collection.name,
        "system": cell.system.name,
        "at": cell.at or None,
        "seed": cell.seed,
        "folder": str(outcome.folder),
        "state": _state(outcome),
        "error": outcome.error or None,
    }
