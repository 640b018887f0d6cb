"""An MCP server over stdio: assistants search an index folder and fetch its passages.

`search` and `fetch` have the names and the shapes that assistants know from other servers: hits
with an id, a title and a text, and one whole passage by its id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from acclimate import __version__
from acclimate.engine.engine import Engine
from acclimate.engine.records import DEFAULTS, SearchOptions
from acclimate.errors import AcclimateError
from acclimate.search.rerankers import check_reranker
from acclimate.types import Scalar

#: Hits that one call may ask for: a model has to read them all.
MOST = 50


# Without slots: the SDK takes a slot for a default value and then writes no schema.
@dataclass(frozen=True)
class FoundPassage:
    """One hit of a search."""

    id: str
    title: str
    text: str
    place: str
    score: float


@dataclass(frozen=True)
class WholePassage:
    """One passage as it is indexed."""

    id: str
    title: str
    text: str
    place: str
    document_id: str
    metadata: dict[str, Scalar]


def make_server(engine: Engine, options: SearchOptions = DEFAULTS) -> MCPServer:
    """A server with two tools over an engine; `options` say how it searches."""
    server = MCPServer(
        name="acclimate",
        version=__version__,
        log_level="WARNING",
        instructions=(
            f"Searches {engine.count} passages. Search first, then fetch what you need whole."
        ),
    )

    @server.tool()
    def search(query: str, k: int = options.k, where: str = options.where) -> list[FoundPassage]:
        """Find passages that answer a query.

        k: how many, at most 50. where: an optional condition on metadata, such as
        "year >= 2020 and topic = 'law'".
        """
        try:
            asked = replace(options, k=min(k, MOST), where=where)
            engine.refresh()  # what others have committed since
            found = engine.search(query, asked)
        except AcclimateError as error:
            raise ToolError(str(error)) from error
        return [
            FoundPassage(
                result.passage.id,
                result.passage.title,
                result.snippet.text,
                result.passage.place,
                result.score,
            )
            for result in found.results
        ]

    @server.tool()
    def fetch(id: str) -> WholePassage:  # noqa: A002 - the name that assistants know
        """Get one passage whole, by the id that a search gave."""
        try:
            engine.refresh()
            passage = engine.passage(id)
        except AcclimateError as error:
            raise ToolError(str(error)) from error
        if passage is None:
            raise ToolError(f"no passage {id!r}; search first and give an id that it found")
        return WholePassage(
            passage.id,
            passage.title,
            passage.text,
            passage.place,
            passage.document_id,
            dict(passage.metadata),
        )

    return server


def serve_stdio(folder: Path, options: SearchOptions = DEFAULTS) -> None:
    """Serve an index folder over standard input and output until the client goes.

    Raises UsageError where the index cannot be searched as `options` say.
    """
    if options.rerank:
        check_reranker(options.rerank)
    engine = Engine.open(folder)
    engine.retriever(options)  # what is wrong with them is told now, not to the assistant
    make_server(engine, options).run("stdio")
