"""One line of log and one count for every request, and an answer also where code fails."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acclimate.serve.answers import error_of
from acclimate.serve.errors import ClientGone, Crowded, ServiceError
from acclimate.serve.logs import FIELDS
from acclimate.serve.metrics import Metrics

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
#: Addresses that nothing answers, as one: a stranger must not be able to make up labels.
UNKNOWN = "unknown"

_log = logging.getLogger("acclimate.serve.requests")


class Failure(ServiceError):
    """Something that should not have happened; the log has the places under the request's id."""

    status = 500


@dataclass(slots=True)
class Seen:
    """What is told of one request. Routes add to `said` through `request.state.said`."""

    request_id: str
    status: int = 0
    said: dict[str, object] = field(default_factory=dict)


class Watch:
    """ASGI middleware, around all others."""

    def __init__(self, app: ASGIApp, metrics: Metrics, crowded: Callable[[], bool]) -> None:
        self._app = app
        self._metrics = metrics
        self._crowded = crowded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = Seen(_request_id(scope))
        scope["state"] = {**scope.get("state", {}), "said": seen.said}
        started = time.perf_counter()
        self._metrics.begin()
        try:
            await self._answer(scope, receive, send, seen)
        finally:
            self._tell(scope, seen, time.perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, seen: Seen) -> None:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", seen.request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        try:
            if self._crowded():
                await error_of(Crowded("too many connections are open"))(scope, receive, noted)
            else:
                await self._app(scope, receive, noted)
        except Exception as error:
            _log.error("failure", exc_info=error, extra={FIELDS: {"request_id": seen.request_id}})
            if seen.status:
                raise
            await error_of(
                Failure(f"an error of the service; its log has it as {seen.request_id}")
            )(scope, receive, noted)

    def _tell(self, scope: Scope, seen: Seen, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        # A task that is cancelled has not answered: its client is gone, or the service.
        status = seen.status or ClientGone.status
        route = str(getattr(scope.get("route"), "path", UNKNOWN))
        self._metrics.end(method, route, status, seconds)
        fields: Mapping[str, object] = {
            "request_id": seen.request_id,
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            **seen.said,
        }
        _log.info("request", extra={FIELDS: fields})


def _request_id(scope: Scope) -> str:
    """The one that a proxy gave, where it is a plain word; else a new one."""
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
