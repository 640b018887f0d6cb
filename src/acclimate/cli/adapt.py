"""`acclimate adapt`: from a collection without labels to a retriever adapted to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acclimate import api
from acclimate.cli import show
from acclimate.cli.options import Changes, CorpusName, Debug, Json, tell_new_folders
from acclimate.cli.outcome import plain_adaptation, plain_plan, show_adaptation, show_plan
from acclimate.cli.state import STATE
from acclimate.corpus import open_corpus
from acclimate.errors import UsageError
from acclimate.models.languages import AUTO, MULTIPLE
from acclimate.progress import Bars
from acclimate.recipes import split_overrides

if TYPE_CHECKING:
    from acclimate.corpus import Corpus


def adapt(
    corpus: CorpusName,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where everything is written; required unless --dry-run. Running again with the "
            "same DIR resumes.",
            show_default=False,
            callback=tell_new_folders,
        ),
    ] = None,
    recipe: Annotated[
        str, typer.Option(metavar="NAME|FILE.toml", help="See: acclimate recipes.")
    ] = "offline",
    evaluate: Annotated[
        str | None,
        typer.Option(
            metavar="JUDGED_CORPUS",
            help="A judged collection to measure on, before and after.",
            show_default=False,
        ),
    ] = None,
    languages: Annotated[
        str,
        typer.Option(
            metavar=AUTO,
            help="Detect each passage's language and write queries in it; the same as --set "
            "generate.languages=auto --set language=mul.",
            show_default=False,
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would do, take and download.")
    ] = False,
    imported: Annotated[
        Path | None,
        typer.Option(
            "--import",
            metavar="FOLDER",
            help="Start from the GPL code's files in this folder.",
            show_default=False,
        ),
    ] = None,
    changes: Changes = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Adapt a dense retriever to a collection without labels.

    The adapted model is DIR/model, an ordinary sentence-transformers folder; what was found out
    is in DIR/report.html.

    * `acclimate adapt my-documents/ --out run`
    * `acclimate adapt data/scifact --out run --evaluate data/scifact --set train.max_steps=200`
    * `acclimate adapt data/fiqa --recipe paper --dry-run`
    * `acclimate adapt my-documents/ --out run --languages auto`
    """
    # Before the other changes, so that these can still say something else.
    overrides = [*_by_language(languages), *(changes or ())]
    collection = open_corpus(corpus, split_overrides(overrides).corpus)
    if dry_run:
        if _speaks():
            estimate = api.plan(collection, recipe, Bars(), overrides)
            show.as_json(plain_plan(estimate)) if json else show_plan(estimate)
        return
    if out is None:
        raise UsageError("--out is missing: name the folder to write to, such as --out run")
    judged = _judged(evaluate, collection, overrides)
    STATE.resumable = True
    result = api.adapt(collection, out, recipe, judged, Bars(), overrides, imported)
    if _speaks():
        show.skipped(collection.report)
        show.as_json(plain_adaptation(result)) if json else show_adaptation(result)


def _by_language(languages: str) -> list[str]:
    """The changes to a recipe that make it heed the languages of passages."""
    if languages not in ("", AUTO):
        raise UsageError(
            f"--languages {languages!r}: only {AUTO} is known, which detects each passage's "
            "language; for passages in one language name it: --set language=CODE"
        )
    return [f"generate.languages={AUTO}", f"language={MULTIPLE}"] if languages else []


def _speaks() -> bool:
    """Of the processes that torchrun starts, the first one does; the others help it to train."""
    return os.environ.get("RANK", "0") == "0"


def _judged(name: str | None, collection: Corpus, overrides: list[str]) -> Corpus | None:
    """The judged collection; the corpus itself where it is the same, so that it is read once."""
    if name is None or name == collection.name:
        return None if name is None else collection
    return open_corpus(name, split_overrides(overrides).corpus)
