"""`acclimate serve`: an index folder as a service with a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from acclimate.cli.options import Debug
from acclimate.extras import need


def serve(
    index: Annotated[Path, typer.Argument(metavar="INDEX", show_default=False)],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            help="A file of keys, one a line; without it documents cannot be changed.",
            show_default=False,
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A run folder of adapt for the page to browse.", show_default=False
        ),
    ] = None,
    rerank: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND:NAME",
            help="A re-ranker that clients may ask for; may be given again.",
            show_default=False,
        ),
    ] = None,
    log_queries: Annotated[
        bool, typer.Option("--log-queries", help="Write query texts into the log.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Serve an index folder: a page to search with, and an API (POST /search).

    * `acclimate serve index`
    * `acclimate serve index --host 0.0.0.0 --port 80 --api-key-file keys.txt`
    """
    need("fastapi", "serve")
    from acclimate.serve.run import serve as run_service
    from acclimate.serve.settings import ServeSettings

    settings = ServeSettings(
        host=host, port=port, api_key_file=api_key_file, run=run,
        rerankers=tuple(rerank or ()), log_queries=log_queries,
    )  # fmt: skip
    run_service(index, settings)
