"""Not ready before the models are warm, nor when the service stops; alive all the time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from served import lexical_index

from acclimate.engine.engine import Engine
from acclimate.serve.app import create_app
from acclimate.serve.service import Service, State
from acclimate.serve.settings import ServeSettings


async def said(client: httpx.AsyncClient, service: Service) -> tuple[str, int, int]:
    ready = await client.get("/readyz")
    gauge = "acclimate_ready 1.0" in (await client.get("/metrics")).text
    assert gauge is (service.state is State.READY)
    status: str = ready.json()["status"]
    return status, ready.status_code, (await client.get("/healthz")).status_code


def test_ready_is_said_only_between_warming_up_and_stopping(tmp_path: Path) -> None:
    async def run() -> None:
        app = create_app(Engine.open(lexical_index(tmp_path / "index")), ServeSettings())
        service: Service = app.state.service
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            assert await said(client, service) == ("warming up", 503, 200)
            # Searches are answered already; only the load balancer should wait.
            assert (await client.get("/search", params={"q": "Berlin"})).status_code == 200
            await service.start()
            while service.state is State.WARMING_UP:
                await asyncio.sleep(0.01)
            assert await said(client, service) == ("ready", 200, 200)
            await service.stop()
            assert await said(client, service) == ("stopping", 503, 200)

    asyncio.run(run())
