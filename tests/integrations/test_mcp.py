"""A real MCP client talks to a real server process over its standard streams."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")

from mcp import Client, StdioServerParameters


def ask(folder: Path, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """The results of tool calls, made one after the other in one session."""

    async def talk() -> list[Any]:
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "acclimate.cli.main", "mcp", str(folder)]
        )
        async with Client(server) as client:
            listed = await client.list_tools()
            assert {tool.name for tool in listed.tools} == {"search", "fetch"}
            return [await client.call_tool(name, given) for name, given in calls]

    return asyncio.run(asyncio.wait_for(talk(), timeout=120))


def test_client_searches_and_fetches(folder: Path) -> None:
    found, whole, missing, wrong = ask(
        folder,
        ("search", {"query": "pair up lists", "k": 2}),
        ("fetch", {"id": "zip"}),
        ("fetch", {"id": "nothing"}),
        ("search", {"query": "lists", "where": "year >"}),
    )
    assert [hit["id"] for hit in found.structured_content["result"]] == ["zip", "pairwise"]
    assert whole.structured_content["text"] == "Pairs up two lists item by item."
    assert whole.structured_content["metadata"] == {"year": 2003}
    assert missing.is_error
    assert "nothing" in missing.content[0].text
    assert wrong.is_error
