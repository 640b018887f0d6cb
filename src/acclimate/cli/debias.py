"""`acclimate debias`: a model without its preference for some languages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from acclimate import api
from acclimate.cli import show
from acclimate.cli.options import Debug, Json, tell_new_folders
from acclimate.corpus import open_corpus
from acclimate.progress import Bars


def debias(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A dense model's name or folder, or muse.")
    ],
    corpora: Annotated[
        list[str],
        typer.Argument(metavar="CORPUS...", help="Passages in several languages; see: index."),
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="The model folder to write.", callback=tell_new_folders),
    ],
    remedy: Annotated[
        str,
        typer.Option(
            help="subspace: take out the directions in which languages differ; centre: take away "
            "the mean of a text's own language, which is then detected for each query."
        ),
    ] = "subspace",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Take out of a model's vectors what says only which language a text is in.

    * `acclimate debias muse data/xquad/de data/xquad/hi --out neutral`
    * `acclimate index my-documents/ --out index --model neutral`
    """
    found = api.debias(model, [open_corpus(each) for each in corpora], out, remedy, Bars())
    languages = list(found.languages)
    if json:
        show.as_json({"out": str(out), "remedy": remedy, "languages": languages})
        return
    show.line(f"{out}: {model} with the remedy {remedy}, for {', '.join(languages)}")
