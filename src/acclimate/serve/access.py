"""Who may do what. Reading is open unless it is protected; writing always takes a key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.types import Scope

from acclimate.serve.errors import KeyMissing, KeyRefused, ServiceError
from acclimate.serve.keys import Keys
from acclimate.serve.service import Service

#: Where documents are sent to.
DOCUMENTS = "/documents"

# These document how a key is sent; what was sent is read below, for both alike.
_BEARER = HTTPBearer(auto_error=False, description="A key of the service's key file.")
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same, for curl.")


async def service_of(request: Request) -> Service:
    """The service that a request came to."""
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(service_of)]


async def under_way(request: Request, service: TheService) -> AsyncIterator[None]:
    """Count the request against what its client may have under way."""
    known = [key for key in sent_keys(request) if service.keys.knows(key)]
    address = request.client.host if request.client else ""
    name = sha256(known[0]).hexdigest() if known else address
    with service.clients.one(name):
        yield


async def with_key(
    request: Request,
    service: TheService,
    _bearer: Annotated[object, Security(_BEARER)],
    _header: Annotated[object, Security(_HEADER)],
) -> None:
    """Refuse a request without a key that is known."""
    error = key_error(service.keys, request)
    if error:
        raise error


def key_error(known: Keys, request: Request) -> ServiceError | None:
    """What is wrong with a request that takes a key; None if it has one that is known."""
    if not known:
        return KeyRefused(
            "this service has no keys, so its documents cannot be changed",
            remedy="start it with --api-key-file FILE",
        )
    keys = sent_keys(request)
    if not keys:
        return KeyMissing(
            "this needs a key", remedy="send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`"
        )
    return None if any(known.knows(key) for key in keys) else KeyRefused("this key is not known")


def uninvited(known: Keys, scope: Scope) -> ServiceError | None:
    """What is wrong with a write by its head alone, so that its body need not be read for that."""
    is_write = scope["method"] == "POST" and scope["path"] == DOCUMENTS
    return key_error(known, Request(scope)) if is_write else None


def sent_keys(request: Request) -> list[bytes]:
    """What a request carries as a key, in either way; one that is known is enough."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    sent = (bearer if scheme.lower() == "bearer" else "", request.headers.get("X-API-Key", ""))
    # Heads arrive as Latin-1, whatever the client meant; this gives its bytes back.
    return [key.strip().encode("latin-1") for key in sent if key.strip()]
