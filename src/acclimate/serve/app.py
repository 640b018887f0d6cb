"""The service over an engine, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI

from acclimate.engine.engine import Engine
from acclimate.serve import bounds, manual
from acclimate.serve.access import under_way, uninvited, with_key
from acclimate.serve.bodies import Bodies
from acclimate.serve.browse import Browser
from acclimate.serve.handlers import add_handlers
from acclimate.serve.page import page_router
from acclimate.serve.routes import documents, pictures, search, status
from acclimate.serve.runs import run_router
from acclimate.serve.service import Service
from acclimate.serve.settings import ServeSettings
from acclimate.serve.watch import Watch

TITLE = "Acclimate"


def create_app(engine: Engine, settings: ServeSettings) -> FastAPI:
    """The application; it closes the engine when it ends.

    Raises UsageError where the key file or the run folder of the settings is not what it must be.
    """
    service = Service(engine, settings)
    browser = Browser(settings.run) if settings.run else None

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        await service.start()
        yield
        await service.stop()
        if browser:
            browser.close()

    app = FastAPI(
        title=TITLE,
        version=version("acclimate"),
        summary="Search an index folder, compare ways of searching it, and change its documents.",
        lifespan=living,
        # The framework's own pages would load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        # An id may end in a slash.
        redirect_slashes=False,
    )
    app.state.service = service
    _add_routes(app, settings, browser)
    add_handlers(app)
    app.add_middleware(
        Bodies,
        limits=settings.limits,
        most=settings.concurrency.bodies_bytes,
        refuse=partial(uninvited, service.keys),
    )
    app.add_middleware(Watch, metrics=service.metrics, crowded=service.is_crowded)
    _bound_schema(app, service)
    return app


def _add_routes(app: FastAPI, settings: ServeSettings, browser: Browser | None) -> None:
    counted = [Depends(under_way)]
    reading = [*counted, Depends(with_key)] if settings.protect_reads else counted
    # The framework tries one route after the other, and each router within another takes as long
    # again: so what is asked for most comes first, and none lies within another.
    app.include_router(search.router, dependencies=reading)
    app.include_router(status.health)
    app.include_router(manual.router)
    # The page holds nothing of the index, and asks for a key where reading takes one.
    app.include_router(page_router())
    app.include_router(documents.writing, dependencies=counted)
    for router in (status.about, pictures.router, documents.reading, run_router(browser)):
        app.include_router(router, dependencies=reading)


def _bound_schema(app: FastAPI, service: Service) -> None:
    """Let the OpenAPI document say the limits and choices of this service."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        fresh = app.openapi_schema is None
        schema = plain()
        if fresh:
            choices = {"mode": service.engine.modes(), "rerank": service.settings.rerankers}
            bounds.document(schema, service.bounds, choices)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]
