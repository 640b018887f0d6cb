"""What the service refuses to do, with the status that says so."""

from __future__ import annotations

from acclimate.errors import AcclimateError


class ServiceError(AcclimateError):
    """A request that is not answered; `field` names the part of it that is to blame, if one is."""

    status = 400

    def __init__(self, message: str, field: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.remedy = remedy

    @property
    def headers(self) -> dict[str, str]:
        """What the answer's head says besides."""
        return {}


class BadRequest(ServiceError):
    """A request that makes no sense, whatever the index holds."""


class BadValue(ServiceError):
    """A value that this index or this service does not take."""

    status = 422


class KeyMissing(ServiceError):
    """No key where one is needed."""

    status = 401

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class KeyRefused(ServiceError):
    """A key that is not known, or keys that the service does not have."""

    status = 403


class NotFound(ServiceError):
    """No such document."""

    status = 404


class BadBody(ServiceError):
    """A body that is not read to its end, so that nothing can follow it on its connection."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Connection": "close"}


class TooSlow(BadBody):
    """A body that does not arrive."""

    status = 408


class TooLarge(BadBody):
    """A body beyond the limit."""

    status = 413


class ClientGone(ServiceError):
    """Nobody waits for the answer any more; the status is for the log only."""

    status = 499


class Overloaded(ServiceError):
    """More work than may wait; `retry_after` says in how many seconds it may go better."""

    status = 503

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message, remedy=f"try again in {retry_after} s")
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class Crowded(Overloaded):
    """More at once than the service keeps in memory; nothing can follow on this connection."""

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "Connection": "close"}


class TooMany(Overloaded):
    """More requests of one client than it may have under way."""

    status = 429
