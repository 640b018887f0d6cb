"""`acclimate train`: from labels that are there to a model of any kind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acclimate import api
from acclimate.cli import show
from acclimate.cli.options import Changes, Debug, Json, tell_new_folders
from acclimate.cli.state import STATE
from acclimate.progress import Bars

if TYPE_CHECKING:
    from acclimate.adapt.result import Training


def train(
    source: Annotated[
        str,
        typer.Argument(
            metavar="CORPUS|FILE|RUN",
            help="A judged collection, a table of pairs, triples or scored lists, or the --out "
            "folder of a finished adapt.",
            show_default=False,
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
    objective: Annotated[
        str | None,
        typer.Option(
            help="mnrl, margin-mse, kl, or clip for pictures; the recipe's (mnrl).",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="What to start from; the recipe's.", show_default=False),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="dense, sparse, late or cross-encoder; the recipe's (dense).", show_default=False
        ),
    ] = None,
    negatives: Annotated[
        int | None,
        typer.Option(help="Hard negatives for each query; the recipe's (1).", show_default=False),
    ] = None,
    split: Annotated[
        str, typer.Option(help="A collection's split to learn from; never the one you measure on.")
    ] = "train",
    recipe: Annotated[
        str, typer.Option(metavar="NAME|FILE.toml", help="See: acclimate recipes.")
    ] = "supervised",
    changes: Changes = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Train a model on labels: judgments, pairs, triples, scored lists, or those of an adapt run.

    The trained model is DIR/model, an ordinary sentence-transformers folder with a model card. A
    share of the queries is held out to choose the best step.

    * `acclimate train data/scifact --out trained`
    * `acclimate train pairs.jsonl --out trained --kind sparse --model a-masked-language-model`
    * `acclimate train photos --out trained --recipe pictures`
    * `acclimate train run --out teacher --kind cross-encoder --objective margin-mse`
    """
    STATE.resumable = True
    result = api.train(
        source,
        out,
        objective=objective,
        model=model,
        kind=kind,
        negatives=negatives,
        split=split,
        recipe=recipe,
        progress=Bars(),
        overrides=changes or (),
    )
    # Of the processes that torchrun starts, the first one speaks.
    if os.environ.get("RANK", "0") == "0":
        show.as_json(plain_training(result)) if json else show_training(result)


def plain_training(result: Training) -> dict[str, Any]:
    """What was done, as JSON takes it; of the recipe what a training on labels heeds."""
    from acclimate.report.trained import HEEDED

    recipe = show.record(result.recipe)
    return {
        "source": result.source,
        "passages": result.passages,
        "passages_fingerprint": result.passages_fingerprint,
        "examples": result.examples,
        "held_out": result.held_out,
        "dropped": dict(result.dropped),
        "recipe": {key: recipe[key] for key in ("name", "seed", "language", *HEEDED)},
        "folder": str(result.folder),
        "model": str(result.model),
        "training": show.record(result.training),
        "models": [show.record(model) for model in result.models],
    }


def show_training(result: Training) -> None:
    """The held-out loss step by step, and where the model is."""
    training = result.training
    show.table(
        ("step", "training loss", "held-out loss"),
        [
            (f"{point.step}", f"{point.loss:.4f}", f"{point.held_out_loss:.4f}")
            for point in training.points
        ],
        numbers=2,
    )
    for why, count in result.dropped.items():
        if count:
            show.line(f"Left out: {count} {why}")
    if training.best_step:
        show.line(f"Kept: the weights of step {training.best_step}, best on held-out queries.")
    else:
        show.line("No step was better on held-out queries than the start, whose weights are kept.")
    show.line(f"Model: {result.model}")
