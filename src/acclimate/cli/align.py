"""`acclimate align`: translations find each other (LaBSE)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from acclimate import api
from acclimate.cli import show
from acclimate.cli.multilingual import Exclude, Parallel, plain_multilingual, show_multilingual
from acclimate.cli.options import Changes, Debug, Json, tell_new_folders
from acclimate.cli.state import STATE
from acclimate.progress import Bars


def align(
    parallel: Parallel,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Where everything is written; the same DIR resumes.",
            callback=tell_new_folders,
        ),
    ],
    student: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="The model to train; `new` for all-MiniLM-L6-v2's body and vocabulary, grown by "
            "the translations; `new:MODEL` for another body.",
        ),
    ] = "new",
    exclude: Exclude = None,
    changes: Changes = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Teach a model to find a sentence's translation among others (the LaBSE recipe).

    The model is DIR/model, an ordinary sentence-transformers folder.

    * `acclimate align en-de.tsv en-fr.tmx --out run`
    * `acclimate align pairs/ --out run --set pretrain.mlm_steps=5000 --set pretrain.tlm_steps=5000`
    """
    STATE.resumable = True
    result = api.align(
        parallel, out, student, exclude=exclude or (), progress=Bars(), overrides=changes or ()
    )
    show.skipped(result.report)
    show.as_json(plain_multilingual(result)) if json else show_multilingual(result)
