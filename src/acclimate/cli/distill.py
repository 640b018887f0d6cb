"""`acclimate distill`: a teacher of one language, a student of several."""

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


def distill(
    teacher: Annotated[
        str, typer.Argument(metavar="TEACHER", help="A sentence-transformers model.")
    ],
    student: Annotated[
        str,
        typer.Argument(
            metavar="STUDENT",
            help="A model with a multilingual vocabulary; `new` for TEACHER's body with a "
            "vocabulary, grown by the translations; `new:MODEL` for another body.",
        ),
    ],
    parallel: Parallel,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Where everything is written; the same DIR resumes.",
            callback=tell_new_folders,
        ),
    ],
    exclude: Exclude = None,
    changes: Changes = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Teach a student a teacher's vectors in other languages (multilingual distillation).

    The model is DIR/model, an ordinary sentence-transformers folder.

    * `acclimate distill all-MiniLM-L6-v2 new en-de.tsv en-fr.tmx --out run`
    * `acclimate distill all-MiniLM-L6-v2 new pairs/ --exclude test/ --out run --set
      pairs.max_pairs=10000`
    """
    STATE.resumable = True
    result = api.distill(
        teacher, student, parallel, out, exclude=exclude or (), progress=Bars(),
        overrides=changes or (),
    )  # fmt: skip
    show.skipped(result.report)
    show.as_json(plain_multilingual(result)) if json else show_multilingual(result)
