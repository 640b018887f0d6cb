"""Documents: one by its id, and changes to them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from acclimate.serve.access import DOCUMENTS, TheService, with_key
from acclimate.serve.answers import Written, json_of, shown
from acclimate.serve.bounds import check
from acclimate.serve.errors import BadValue, NotFound
from acclimate.serve.routes.refusals import READING, WRITING
from acclimate.serve.schemas import DocumentsBody
from acclimate.serve.service import Service
from acclimate.serve.writes import Put, Remove
from acclimate.types import Passage

reading = APIRouter(tags=["documents"], responses=READING)
writing = APIRouter(tags=["documents"], responses=WRITING, dependencies=[Depends(with_key)])

InPath = Annotated[str, Path(description="The document's id; slashes in it need no encoding.")]
InQuery = Annotated[
    str, Query(alias="id", description="The document's id; for those that hold `.` or `..` parts.")
]


@reading.get("/documents/{id:path}", response_model=Passage, summary="One document")
async def document(
    id_: Annotated[InPath, Path(alias="id")], request: Request, service: TheService
) -> Response:
    """A document, or a passage of one that was cut into passages."""
    return await _one(request, service, id_)


@reading.get(DOCUMENTS, response_model=Passage, summary="One document, by a parameter")
async def document_by_parameter(id_: InQuery, request: Request, service: TheService) -> Response:
    """As above, for ids that clients would shorten in an address."""
    return await _one(request, service, id_)


@writing.post(DOCUMENTS, response_model=Written, summary="Add or replace documents")
async def put(body: DocumentsBody, service: TheService) -> Response:
    """Answered when the documents are committed and can be found: all of them, or none."""
    check(service.bounds, body)
    first: dict[str, int] = {}
    for place, each in enumerate(body.documents):
        if first.setdefault(each.id, place) != place:
            raise BadValue(
                f"the same id as documents[{first[each.id]}]; send each document once",
                f"documents[{place}].id",
            )
    passages = tuple(each.passage() for each in body.documents)
    return json_of(await service.write(Put(passages)))


@writing.delete("/documents/{id:path}", response_model=Written, summary="Delete a document")
async def delete(id_: Annotated[InPath, Path(alias="id")], service: TheService) -> Response:
    """Answered when it is gone."""
    return await _delete(service, id_)


@writing.delete(DOCUMENTS, response_model=Written, summary="Delete one, by a parameter")
async def delete_by_parameter(id_: InQuery, service: TheService) -> Response:
    """As above, for ids that clients would shorten in an address."""
    return await _delete(service, id_)


async def _one(request: Request, service: Service, id_: str) -> Response:
    [found] = await service.gate.run(request.is_disconnected, [lambda: service.engine.passage(id_)])
    if found is None:
        raise _absent(id_)
    return json_of(shown(found))


async def _delete(service: Service, id_: str) -> Response:
    done = await service.write(Remove((id_,)))
    if not done.deleted:
        raise _absent(id_)
    return json_of(done)


def _absent(id_: str) -> NotFound:
    return NotFound(f"there is no document {id_[:200]!r}", "id")
