"""Pictures: searching by one, and the small copies of those that the index holds."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from acclimate.engine.records import Answer, SearchOptions
from acclimate.pictures.thumbnail import MEDIA_TYPE
from acclimate.serve.access import TheService
from acclimate.serve.answers import json_of
from acclimate.serve.bounds import check
from acclimate.serve.errors import NotFound
from acclimate.serve.routes.refusals import READING, SEARCHING
from acclimate.serve.schemas import PictureParameters

router = APIRouter(tags=["pictures"])

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file as it is: JPEG, PNG, WebP, GIF, BMP or TIFF, not animated.",
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "/search/picture",
    response_model=Answer,
    responses=SEARCHING,
    openapi_extra=_BODY,
    summary="The best passages for a picture",
)
async def search_picture(
    asked: Annotated[PictureParameters, Query()], request: Request, service: TheService
) -> Response:
    """Search by what a picture shows. Its kind is told by its bytes, whatever the head says."""
    check(service.bounds, asked)
    picture = await request.body()
    request.state.said.update(k=asked.k, mode=asked.mode, picture_bytes=len(picture))
    options = SearchOptions(asked.k, asked.mode, where=asked.where, explain=asked.explain)
    return json_of(await service.search_picture(request.is_disconnected, picture, options))


@router.get(
    "/thumbnails",
    response_class=Response,
    responses={
        **READING,
        200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The client's copy still holds."},
    },
    summary="A small copy of a passage's picture",
)
async def thumbnail(
    id_: Annotated[str, Query(alias="id", description="The passage's id.")],
    request: Request,
    service: TheService,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A JPEG whose longer side has 256 pixels at most."""
    [found] = await service.gate.run(
        request.is_disconnected, [lambda: service.engine.thumbnail(id_)]
    )
    if found is None:
        raise NotFound(f"there is no picture of {id_[:200]!r}", "id")
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Security-Policy": "default-src 'none'",
        # Kept, but asked for again each time: another picture may have taken over the id.
        "Cache-Control": "private, no-cache",
        "ETag": f'"{sha256(found).hexdigest()[:16]}"',
    }
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found, headers=headers)
