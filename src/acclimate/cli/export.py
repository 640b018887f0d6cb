"""`acclimate export`: a run's rows as the GPL code's own files, an index's vectors as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from acclimate import api
from acclimate.cli import show
from acclimate.cli.options import Debug, tell_new_folders
from acclimate.errors import UsageError


def export(
    source: Annotated[Path, typer.Argument(metavar="RUN|INDEX", help="What adapt or index wrote.")],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER|FILE.parquet",
            help="The folder, or for an index the file, to write.",
            callback=tell_new_folders,
        ),
    ],
    debug: Debug = False,
) -> None:
    """Write a run's labels as the files of the GPL code, or an index's vectors as Parquet.

    A run gives qgen-queries.jsonl, qgen-qrels/train.tsv, hard-negatives.jsonl and
    gpl-training-data.tsv; `acclimate adapt --import FOLDER` starts from such files. An index gives
    one table of passages with the vectors of its first model.

    * `acclimate export run/ gpl-files/`
    * `acclimate export index/ vectors.parquet`
    """
    if api.is_index(str(source)):
        show.line(f"{api.export_vectors(source, target)} passages written to {target}")
        return
    if not source.is_dir():
        raise UsageError(f"{source} is no folder; name one that adapt or index wrote")
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is a file; name a folder for the GPL code's files")
    from acclimate.adapt.artefacts import export_run

    export_run(source, target)
    show.line(f"written to {target}")
