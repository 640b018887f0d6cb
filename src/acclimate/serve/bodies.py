"""The size of a request's body, and the time it takes to arrive, held to limits as it comes in."""

from __future__ import annotations

import time
from urllib.parse import unquote_to_bytes

import anyio
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acclimate.serve.answers import error_of
from acclimate.serve.errors import BadRequest, ServiceError, TooLarge, TooSlow
from acclimate.serve.settings import Limits


class Bodies:
    """ASGI middleware. A body is refused by its stated length, or where it passes the limit."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        error = self._refusal(scope)
        if error:
            await error_of(error)(scope, receive, send)
            return
        await self._app(scope, self._limited(receive), send)

    def _refusal(self, scope: Scope) -> ServiceError | None:
        """What can be told from the head alone."""
        for field, sent in (("path", "raw_path"), ("query", "query_string")):
            try:
                unquote_to_bytes(scope.get(sent, b"")).decode()
            except UnicodeDecodeError:
                # The server would put a question mark there: another document might have that id.
                return BadRequest("the address is not UTF-8", field, "percent-encode it as UTF-8")
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or int(stated[:20]) > self._limits.body_bytes:
            return self._too_large()
        return None

    def _limited(self, receive: Receive) -> Receive:
        arrived = 0
        ended = False
        deadline = time.monotonic() + self._limits.body_seconds

        async def limited() -> Message:
            nonlocal arrived, ended
            if ended:
                return await receive()
            try:
                with anyio.fail_after(max(0.0, deadline - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise _raised(self._too_slow()) from None
            arrived += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if arrived > self._limits.body_bytes:
                raise _raised(self._too_large())
            return message

        return limited

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the body has more than {self._limits.body_bytes:,} bytes", "body")

    def _too_slow(self) -> TooSlow:
        return TooSlow(f"the body did not arrive within {self._limits.body_seconds:g} s", "body")


def _raised(error: ServiceError) -> HTTPException:
    """The error in the one form that FastAPI lets through while it reads a body."""
    return HTTPException(error.status, str(error), error.headers)
