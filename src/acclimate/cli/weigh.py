"""`acclimate weigh`: how much each part of hybrid search shall count."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from acclimate import api
from acclimate.cli import show
from acclimate.cli.options import Debug, Json
from acclimate.corpus import open_corpus
from acclimate.errors import UsageError


def weigh(
    index: Annotated[Path, typer.Argument(metavar="INDEX", show_default=False)],
    corpus: Annotated[
        str | None,
        typer.Option(
            "--judged", metavar="CORPUS", help="Learn from these judgments.", show_default=False
        ),
    ] = None,
    split: Annotated[
        str, typer.Option(help="The split to learn from; never the one you measure on.")
    ] = "train",
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Learn from the queries that adapt generated in this run folder.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Learn the weights of hybrid search, and keep them in the index folder.

    Half of the queries choose the weights, the other half says whether that helped; where it did
    not, or by no more than chance (the 95% interval includes 0), all parts keep the same weight.

    * `acclimate weigh index --judged data/scifact --split train`
    * `acclimate weigh index --run run`
    """
    if (corpus is None) == (run is None):
        raise UsageError("weigh: name either judgments (--judged) or a run folder (--run)")
    found = (
        api.weigh_by_judgments(index, open_corpus(corpus), split)
        if corpus is not None
        else api.weigh_by_run(index, Path(str(run)))
    )
    if json:
        show.as_json({"index": str(index), **show.record(found)})
        return
    show.table(
        ("part", "weight", "nDCG@10 alone"),
        [(part.name, f"{part.weight:.2f}", f"{part.alone:.4f}") for part in found.parts],
        numbers=2,
    )
    show.line(found.verdict)
