"""Every error as JSON of one shape: `{"error": {"field", "message", "remedy"}}`."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from acclimate.errors import (
    AcclimateError,
    IndexBusy,
    InputError,
    MissingExtra,
    ModelNotFound,
    StaleRows,
    UpdateFailed,
    UsageError,
)
from acclimate.serve.answers import (
    ErrorAnswer,
    ErrorDetail,
    error_of,
    field_named_by,
    json_of,
)
from acclimate.serve.errors import BadValue, Overloaded, ServiceError
from acclimate.serve.invalid import refusal

#: Errors of the engine that no request can mend.
_OURS = (MissingExtra, ModelNotFound, StaleRows)
_ASKED = ("query", "picture", "k", "mode", "rerank", "rerank_top", "where", "languages")

_log = logging.getLogger(__name__)


def add_handlers(app: FastAPI) -> None:
    """Answer every refusal of the service, the engine and the framework."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(AcclimateError, _engine_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)


async def _service_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101
    return error_of(error)


async def _engine_error(_: Request, error: Exception) -> Response:
    if isinstance(error, IndexBusy):
        return error_of(Overloaded("another process is writing to the index", retry_after=5))
    if isinstance(error, UpdateFailed):
        # The disk is full or broken: somebody has to look at it, the client can only wait.
        _log.error("a write failed", exc_info=error)
        return error_of(Overloaded("the index could not be written and is as it was", 60))
    if isinstance(error, UsageError | InputError) and not isinstance(error, _OURS):
        message = str(error)
        return error_of(BadValue(message, field_named_by(message, _ASKED)))
    raise error


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return error_of(refusal(request, error))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = error.status_code
    message, headers = str(error.detail), error.headers
    field = "body" if status in (400, 408, 413) else None
    if status == HTTPStatus.NOT_FOUND:
        message = "there is nothing at this address; /docs lists what there is"
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        message = f"{request.method} is not answered here; /docs lists what is"
        headers = _allowed(request) or headers
    elif status == HTTPStatus.BAD_REQUEST:
        message = "the body cannot be read as JSON"
    return json_of(ErrorAnswer(ErrorDetail(message, field)), status, headers)


def _allowed(request: Request) -> dict[str, str]:
    """Every method of the address; the framework names those of one of its routes only."""
    path = getattr(request.scope.get("route"), "path_format", "")
    methods = request.app.openapi()["paths"].get(path, {})
    return {"Allow": ", ".join(method.upper() for method in methods)} if methods else {}
