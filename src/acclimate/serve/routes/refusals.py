"""The refusals of each group of routes, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from acclimate.serve.answers import ErrorAnswer

#: As FastAPI takes them.
Responses = dict[int | str, dict[str, Any]]


def refusals(*statuses: int) -> Responses:
    """Refusals of these statuses, all of one shape."""
    return {status: {"model": ErrorAnswer, "description": _WORDS[status]} for status in statuses}


_WORDS = {
    400: "Not JSON, or not UTF-8.",
    401: "A key is needed.",
    403: "The key is not known, or the service has none.",
    404: "There is no such document.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    422: "A value is not what it must be.",
    429: "Too many requests of this client are under way; try again after Retry-After seconds.",
    503: "Too much is under way; try again after Retry-After seconds.",
}
SEARCHING = refusals(400, 408, 413, 422, 429, 503)
READING = refusals(400, 404, 422, 429, 503)
WRITING = refusals(400, 401, 403, 404, 408, 413, 422, 429, 503)
