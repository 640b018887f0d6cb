"""Searching, and searching in several ways at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from acclimate.engine.records import Answer, SearchOptions
from acclimate.serve.access import TheService
from acclimate.serve.answers import Compared, Comparison, json_of, movements
from acclimate.serve.bounds import check
from acclimate.serve.errors import BadValue
from acclimate.serve.routes.refusals import SEARCHING
from acclimate.serve.schemas import (
    CompareBody,
    SearchBody,
    SearchParameters,
    SystemBody,
    options_of,
)
from acclimate.serve.service import Service

router = APIRouter(tags=["search"], responses=SEARCHING)


@router.post("/search", response_model=Answer, summary="The best passages for a query")
async def search(body: SearchBody, request: Request, service: TheService) -> Response:
    """Search in one way. Equal scores are ordered by the passages' ids."""
    check(service.bounds, body)
    options = options_of(body, service.settings.limits)
    return json_of(await _answer(request, service, body.query, options))


@router.get("/search", response_model=Answer, summary="The same, for an address line")
async def quick_search(
    asked: Annotated[SearchParameters, Query()], request: Request, service: TheService
) -> Response:
    """Search in one way."""
    check(service.bounds, asked)
    options = options_of(asked, service.settings.limits)
    return json_of(await _answer(request, service, asked.q, options))


@router.post("/compare", response_model=Comparison, summary="Several systems side by side")
async def compare(body: CompareBody, request: Request, service: TheService) -> Response:
    """Search in two to four ways at once, and say where each passage stands in each."""
    check(service.bounds, body)
    limits = service.settings.limits
    options = [
        SearchOptions(
            body.k,
            each.mode,
            each.rerank,
            each.rerank_top,
            limits.rerank_seconds,
            each.where,
            each.languages,
            body.explain,
            explain_seconds=limits.explain_seconds,
        )
        for each in body.systems
    ]
    for place, each in enumerate(options):
        _check(service, each, f"systems[{place}].")
    _tell(request, service, body.query, body.k, [each.mode for each in options])
    answers = await service.search(request.is_disconnected, body.query, options)
    systems = zip(_names(body.systems, answers), answers, strict=True)
    return json_of(
        Comparison(
            body.query,
            tuple(Compared(name, answer) for name, answer in systems),
            movements(answers),
        )
    )


async def _answer(request: Request, service: Service, query: str, options: SearchOptions) -> Answer:
    _check(service, options, "")
    _tell(request, service, query, options.k, [options.mode])
    [answer] = await service.search(request.is_disconnected, query, [options])
    return answer


def _check(service: Service, options: SearchOptions, path: str) -> None:
    """What depends on how the service was started; the engine checks the rest."""
    offered = service.settings.rerankers
    if options.rerank and options.rerank not in offered:
        known = f"choose from {', '.join(offered)}" if offered else "leave it out"
        raise BadValue(
            f"re-ranker {options.rerank[:100]!r} is not offered here; {known}",
            f"{path}rerank",
            "the service offers what it is started with: --rerank KIND:NAME",
        )
    most = service.settings.limits.explained_k
    if options.explain and not options.explain_ids and options.k > most:
        raise BadValue(
            f"{options.k}; at most {most} with explain", "k", "name some hits in explain_ids"
        )


def _tell(request: Request, service: Service, query: str, k: int, modes: Sequence[str]) -> None:
    """Add to the request's line in the log."""
    request.state.said.update(k=k, mode="+".join(mode or service.default_mode for mode in modes))
    if service.settings.log_queries:
        request.state.said.update(query=query)


def _names(systems: Sequence[SystemBody], answers: Sequence[Answer]) -> list[str]:
    """Each system's own name, or what it does."""
    return [
        system.name or " > ".join(part for part in (answer.mode, system.rerank) if part)
        for system, answer in zip(systems, answers, strict=True)
    ]
