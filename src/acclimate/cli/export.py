"""`acclimate export`: a run's rows as the GPL code's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from acclimate.cli import show
from acclimate.cli.options import Debug


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that adapt wrote.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write the files.")],
    debug: Debug = False,
) -> None:
    """Write a run's queries, negatives and labels as the files of the GPL code.

    These are qgen-queries.jsonl, qgen-qrels/train.tsv, hard-negatives.jsonl and
    gpl-training-data.tsv. `acclimate adapt --import FOLDER` starts from such files.

    * `acclimate export run/ gpl-files/`
    """
    from acclimate.adapt.artefacts import export_run

    export_run(run, folder)
    show.line(f"written to {folder}")
