"""`acclimate mcp`: an index folder for assistants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from acclimate.cli.options import Debug, Mode, Rerank
from acclimate.engine.records import DEFAULTS, SearchOptions
from acclimate.extras import need


def mcp(
    index: Annotated[Path, typer.Argument(metavar="INDEX", show_default=False)],
    mode: Mode = DEFAULTS.mode,
    rerank: Rerank = DEFAULTS.rerank,
    debug: Debug = False,
) -> None:
    """Serve an index folder to an assistant over standard input and output (MCP).

    Two tools: `search` and `fetch`. In an assistant's settings the command is
    `acclimate mcp index`.
    """
    need("mcp", "mcp")
    from acclimate.integrations.mcp import serve_stdio

    serve_stdio(index, SearchOptions(mode=mode, rerank=rerank))
