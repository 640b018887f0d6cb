"""The page: static files of this package, sent with headers that allow them nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response

from acclimate.serve.errors import NotFound

#: Scripts, styles and answers from this service only; nothing inline, nothing framed.
POLICY = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
#: The two views, by the address that shows them.
VIEWS = {"/": "index.html", "/browse": "run.html"}


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page as it is sent."""

    content: bytes
    headers: dict[str, str]

    def answer(self, known: str | None) -> Response:
        """The whole file, or that the browser's copy, known by its tag, still holds."""
        if known == self.headers["ETag"]:
            return Response(status_code=304, headers=self.headers)
        return Response(self.content, headers=self.headers)


def page_files() -> dict[str, File]:
    """Every file of the page, by name."""
    return {
        entry.name: _file(entry.name, entry.read_bytes())
        for entry in files("acclimate.serve").joinpath("page").iterdir()
        if Path(entry.name).suffix in _TYPES
    }


def page_router() -> APIRouter:
    """Both views with their files. What they show comes from the service's other routes."""
    router = APIRouter()
    known = page_files()

    def view(name: str) -> None:
        @router.get(name, include_in_schema=False)
        def send(if_none_match: Annotated[str | None, Header()] = None) -> Response:
            return known[VIEWS[name]].answer(if_none_match)

    for address in VIEWS:
        view(address)

    @router.get("/page/{name}", include_in_schema=False)
    def part(name: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
        if name not in known:
            raise NotFound(f"the page has no file {name[:80]!r}", "name", "open / or /browse")
        return known[name].answer(if_none_match)

    return router


def _file(name: str, content: bytes) -> File:
    headers = {
        "Content-Type": _TYPES[Path(name).suffix],
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        # Asked for again each time, so that a new version is seen at once.
        "Cache-Control": "no-cache",
        "ETag": f'"{hashlib.sha256(content).hexdigest()[:16]}"',
    }
    return File(content, headers)
