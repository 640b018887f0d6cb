"""`acclimate index`: one folder that can be searched in every way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from acclimate import api
from acclimate.cli import show
from acclimate.cli.options import Changes, CorpusName, Debug, Json, Language, tell_new_folders
from acclimate.corpus import open_corpus
from acclimate.engine.records import Changes as Done
from acclimate.engine.settings import IndexSettings
from acclimate.errors import UsageError
from acclimate.progress import Bars
from acclimate.recipes import split_overrides

DEFAULTS = IndexSettings()


def index(
    corpus: CorpusName,
    out: Annotated[
        Path, typer.Option(metavar="INDEX", help="The folder to write.", callback=tell_new_folders)
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="M",
            help="A dense model's name or folder; may be given again (the first is the one that "
            "hybrid uses). `none` leaves dense search out.",
            show_default=DEFAULTS.models[0],
        ),
    ] = None,
    lexical: Annotated[bool, typer.Option(help="Keep a BM25 index.")] = DEFAULTS.lexical,
    sparse: Annotated[
        str, typer.Option(metavar="S", help="A learned sparse encoder.", show_default=False)
    ] = DEFAULTS.sparse,
    late: Annotated[
        str, typer.Option(metavar="L", help="A multi-vector encoder.", show_default=False)
    ] = DEFAULTS.late,
    expand: Annotated[
        str,
        typer.Option(
            metavar="GENERATOR",
            help="Add queries written by this model to what BM25 reads.",
            show_default=False,
        ),
    ] = DEFAULTS.expand,
    expand_queries: Annotated[
        int, typer.Option(help="Queries written for each passage.")
    ] = DEFAULTS.expand_queries,
    expand_filter: Annotated[
        str,
        typer.Option(
            metavar="TEACHER",
            help="Keep only the queries that this teacher scores best.",
            show_default=False,
        ),
    ] = DEFAULTS.expand_filter,
    vectors: Annotated[
        str, typer.Option(help="How vectors are stored: float32, float16 or int8.")
    ] = DEFAULTS.vectors,
    exact: Annotated[
        bool, typer.Option("--exact", help="Compare all vectors instead of walking a graph.")
    ] = not DEFAULTS.approximate,
    language: Language = DEFAULTS.language,
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="Make an index that is there equal to CORPUS, with its own settings."
        ),
    ] = False,
    changes: Changes = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Build an index folder over a collection, or bring one up to date.

    * `acclimate index my-documents/ --out index`
    * `acclimate index my-documents/ --out index --model run/model --model all-MiniLM-L6-v2`
    * `acclimate index my-documents/ --out index --update`
    """
    parts = split_overrides(changes or ())
    if parts.recipe:
        raise UsageError(f"--set {parts.recipe[0]}: index knows corpus settings (corpus.*) only")
    collection = open_corpus(corpus, parts.corpus)
    settings = IndexSettings(
        models=_models(model), lexical=lexical, language=language, sparse=sparse, late=late,
        expand=expand, expand_queries=expand_queries, expand_filter=expand_filter,
        vectors=vectors, approximate=not exact,
    )  # fmt: skip
    if update:
        if settings != DEFAULTS:
            raise UsageError(
                "--update keeps the index's own settings; leave out --model and its like, or make "
                "another index with them"
            )
        done = api.update_index(collection, out, Bars())
    else:
        done = Done(added=api.index(collection, out, settings, Bars()).count)
    show.skipped(collection.report)
    if json:
        show.as_json({"index": str(out), **show.record(done)})
        return
    show.line(
        f"{out}: {done.added} passages added, {done.replaced} replaced, "
        f"{done.deleted} deleted, {done.unchanged} unchanged"
    )


def _models(named: list[str] | None) -> tuple[str, ...]:
    if named is None:
        return DEFAULTS.models
    return () if named == ["none"] else tuple(named)
