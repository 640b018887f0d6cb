"""The size of a request's body, and the time it takes to arrive, held to limits as it comes in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

import anyio
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acclimate.serve.answers import error_of
from acclimate.serve.errors import BadRequest, Crowded, ServiceError, TooLarge, TooSlow
from acclimate.serve.settings import Limits


@dataclass(slots=True)
class Arriving:
    """How much of a body has come, and whether that was all."""

    bytes: int = 0
    ended: bool = False


class Bodies:
    """ASGI middleware. A body is refused by its stated length, or where it passes the limit.

    `most` is what all bodies under way may have together; `refuse` tells what is wrong with a
    request whose body is not worth reading.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        most: int,
        refuse: Callable[[Scope], ServiceError | None],
    ) -> None:
        self._app = app
        self._limits = limits
        self._most = most
        self._refuse = refuse
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        error = self._refusal(scope) or self._refuse(scope)
        if error:
            answer = error_of(error)
            answer.headers["Connection"] = "close"  # what is left of the body is not read
            await answer(scope, receive, send)
            return
        body = Arriving()
        try:
            await self._app(scope, self._limited(receive, body), send)
        finally:
            self._held -= body.bytes

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

    def _limited(self, receive: Receive, body: Arriving) -> Receive:
        deadline = time.monotonic() + self._limits.body_seconds

        async def limited() -> Message:
            if body.ended:
                return await receive()
            try:
                with anyio.fail_after(max(0.0, deadline - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise _raised(self._too_slow()) from None
            size = len(message.get("body", b""))
            body.bytes += size
            self._held += size
            body.ended = not message.get("more_body", False)
            if body.bytes > self._limits.body_bytes:
                raise _raised(self._too_large())
            if self._held > self._most:
                raise _raised(Crowded("too much is being sent at once"))
            return message

        return limited

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the body has more than {self._limits.body_bytes:,} bytes", "body")

    def _too_slow(self) -> TooSlow:
        return TooSlow(f"the body did not arrive within {self._limits.body_seconds:g} s", "body")


def _raised(error: ServiceError) -> HTTPException:
    """The error in the one form that FastAPI lets through while it reads a body."""
    return HTTPException(error.status, str(error), error.headers)
