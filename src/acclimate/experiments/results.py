"""An experiment from its file to its tables: what the command line and Python call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from acclimate.errors import MissingExtra, RunFolderBusy, UsageError
from acclimate.experiments.findings import Experiment, find
from acclimate.experiments.grid import read_grid
from acclimate.experiments.markdown import markdown
from acclimate.experiments.page import figure_files, figures, page, standalone
from acclimate.experiments.parquet import write_parquet
from acclimate.experiments.running import Outcome, planned, prepare, run
from acclimate.formats.files import atomic_write
from acclimate.progress import Progress
from acclimate.runs import hold


def experiment(
    file: Path, out: Path, corpora: Sequence[str], seeds: Sequence[int], progress: Progress
) -> Experiment:
    """Run what is missing of the experiment in `file`, and write its tables to `out`/NAME.

    They are written anew after every cell, and results.parquet at the end. NAME is the file's, so
    that several experiments can share one folder, and with it the cells and stages that they have
    in common. `corpora` and `seeds` are some of the file's, or others in their place. Raises
    UsageError for what the file cannot mean, RunFolderBusy where another experiment works in `out`.
    """
    grid = read_grid(file, corpora, seeds)
    prepared = prepare(grid, file)
    _check_folder(out)
    out.mkdir(parents=True, exist_ok=True)
    with hold(out, RunFolderBusy, "wait for it, or name another --out"):
        with atomic_write(out / file.stem / "grid.toml") as handle:
            handle.write(file.read_text(encoding="utf-8"))
        for outcomes in run(prepared, out, progress):
            found = find(grid, out / file.stem, outcomes)
            write(found)
        write_values(found, progress)
    return found


def cells(file: Path, out: Path, corpora: Sequence[str], seeds: Sequence[int]) -> list[Outcome]:
    """Every cell of the experiment, with its result if it has one; nothing is done or written."""
    _check_folder(out)
    return planned(prepare(read_grid(file, corpora, seeds), file), out)


def _check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; name a folder for the experiment")


def write(found: Experiment) -> None:
    """results.md, results.html and the figures, each whole or not there."""
    for name, text in _texts(found).items():
        with atomic_write(found.folder / name) as handle:
            handle.write(text)


def write_values(found: Experiment, progress: Progress) -> None:
    """results.parquet; without pyarrow it is told that there is none."""
    try:
        write_parquet(found, found.folder / "results.parquet")
    except MissingExtra as error:
        # The values lie in the cells all the same, and the next run writes the file.
        progress.say(f"No results.parquet: {error}")


def _texts(found: Experiment) -> dict[str, str]:
    drawn = zip(figure_files(found), figures(found), strict=True)
    texts = {f"figures/{name}": standalone(figure) for name, figure in drawn}
    return texts | {"results.md": markdown(found), "results.html": page(found)}
