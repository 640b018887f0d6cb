"""A service in this process: a real engine behind a real server, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from acclimate.engine.engine import Engine
from acclimate.engine.settings import IndexSettings
from acclimate.serve.app import create_app
from acclimate.serve.models import ServingModels
from acclimate.serve.run import listen
from acclimate.serve.service import Service
from acclimate.serve.settings import ServeSettings
from acclimate.types import Passage

KEY = "correct-horse-battery-staple"
WITH_KEY = {"X-API-Key": KEY}
SOON = 60.0

PASSAGES = (
    Passage("city/berlin", "Berlin is the capital of Germany.", "Berlin", "city/berlin", "",
            {"year": 1237, "country": "Germany"}),
    Passage("city/paris", "Paris is the capital of France.", "Paris", "city/paris", "",
            {"year": 250, "country": "France"}),
    Passage("river", "The Spree flows through Berlin, the Seine through Paris.", "Rivers", "river"),
    Passage("ünï/¿#?&=%20 ö", "A document whose id has everything in it.", "Odd", "odd"),
    Passage("bread", "Bread is baked from flour, water and salt.", "", "bread", "",
            {"year": 2020, "sour": True, "price": 3.5}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Served:
    """A service that listens, and its address."""

    service: Service
    url: str

    def client(self, **options: object) -> httpx.Client:
        """A client of this service."""
        return httpx.Client(base_url=self.url, timeout=SOON, trust_env=False)


def lexical_index(folder: Path, passages: Sequence[Passage] = PASSAGES) -> Path:
    """An index of words only, which no model is needed for."""
    Engine.create(folder, IndexSettings(models=()), passages).close()
    return folder


def dense_index(folder: Path, encoder: Path, passages: Sequence[Passage] = PASSAGES) -> Path:
    """An index of words and vectors."""
    Engine.create(folder, IndexSettings(models=(str(encoder),)), passages).close()
    return folder


def key_file(folder: Path) -> Path:
    """A file with one key."""
    path = folder / "keys.txt"
    path.write_text(f"{KEY}\n")
    path.chmod(0o600)
    return path


@contextmanager
def serving(
    index: Path, settings: ServeSettings, models: ServingModels | None = None
) -> Iterator[Served]:
    """A service over an index folder, ready, for the length of the block."""
    engine = Engine.open(index, models or ServingModels(settings.batching))
    app = create_app(engine, settings)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    listener = listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    served = Served(app.state.service, f"http://127.0.0.1:{listener.getsockname()[1]}")
    try:
        until_ready(served.url)
        yield served
    finally:
        server.should_exit = True
        thread.join(SOON)
        listener.close()
        assert not thread.is_alive()


def until_ready(url: str) -> None:
    """Come back when the service says that it is ready."""
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.01)
    raise AssertionError(f"{url} is not ready")
