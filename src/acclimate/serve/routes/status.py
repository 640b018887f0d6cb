"""How the service is, and what it can do."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request, Response

from acclimate.engine.manifest import FORMAT
from acclimate.serve.access import TheService
from acclimate.serve.answers import Health, Info, json_of
from acclimate.serve.metrics import CONTENT_TYPE
from acclimate.serve.routes.refusals import READING
from acclimate.serve.service import Service, State

health = APIRouter(tags=["status"])
about = APIRouter(tags=["status"], responses=READING)


@health.get("/healthz", response_model=Health, summary="Whether the process is alive")
async def alive() -> Response:
    """For whatever would start it again."""
    return json_of(Health("alive"))


@health.get(
    "/readyz",
    response_model=Health,
    responses={503: {"model": Health, "description": "Not yet, or not any more."}},
    summary="Whether it answers searches",
)
async def ready(service: TheService) -> Response:
    """For whatever sends requests here: 503 while models warm up, and while the service stops."""
    return json_of(Health(service.state.value), 200 if service.state is State.READY else 503)


@health.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
    summary="Counts for Prometheus",
)
async def metrics(service: TheService) -> Response:
    """In Prometheus' text form."""
    return Response(service.metrics.text(), media_type=CONTENT_TYPE)


@about.get("/info", response_model=Info, summary="What can be searched, and how")
async def info(request: Request, service: TheService) -> Response:
    """The index as it is now, and what this service offers of it."""
    [found] = await service.gate.run(request.is_disconnected, [lambda: _info(service)])
    return json_of(found)


def _info(service: Service) -> Info:
    engine, settings = service.engine, service.engine.settings
    snapshot = engine.snapshot
    return Info(
        name=engine.name,
        count=snapshot.count,
        version=snapshot.version,
        format=FORMAT,
        modes=engine.modes(),
        default_mode=service.default_mode,
        picture_modes=engine.picture_modes(),
        models=settings.models,
        sparse=settings.sparse,
        late=settings.late,
        rerankers=service.settings.rerankers,
        fields=snapshot.fields(),
        writable=bool(service.keys),
        limits=asdict(service.settings.limits),
    )
