"""A service as its own process: it starts, logs, ends well, and refuses a port that is taken."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from served import SOON, WITH_KEY, key_file, lexical_index, until_ready

from acclimate.engine.engine import Engine
from acclimate.errors import UsageError
from acclimate.serve.run import listen

PROGRAM = """
import sys
from pathlib import Path
from acclimate.serve.run import serve
from acclimate.serve.settings import ServeSettings
serve(Path(sys.argv[1]), ServeSettings(port=0, api_key_file=Path(sys.argv[2]), {more}))
"""


@dataclass(slots=True)
class Process:
    """A service in a process of its own, and what it has logged so far."""

    process: subprocess.Popen[str]
    url: str = ""
    logged: list[dict[str, Any]] = field(default_factory=list)

    def read_until(self, event: str) -> dict[str, Any]:
        assert self.process.stderr
        for line in self.process.stderr:
            self.logged.append(json.loads(line))
            if self.logged[-1]["event"] == event:
                return self.logged[-1]
        raise AssertionError(f"no {event!r} in {self.logged}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        _, rest = self.process.communicate(timeout=SOON)
        self.logged += [json.loads(line) for line in rest.splitlines()]
        return self.process.returncode

    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.logged if line["event"] == "request"]


@contextmanager
def process(index: Path, keys: Path, more: str = "") -> Iterator[Process]:
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.replace("{more}", more), str(index), str(keys)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    found = Process(started)
    try:
        found.url = found.read_until("listening")["url"]
        until_ready(found.url)
        yield found
    finally:
        if started.poll() is None:
            started.kill()
        started.communicate()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return lexical_index(tmp_path / "index")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return key_file(tmp_path)


def test_a_signal_lets_every_request_under_way_end(index: Path, keys: Path) -> None:
    with (
        process(index, keys) as service,
        httpx.Client(base_url=service.url, timeout=SOON) as client,
    ):
        documents = [{"id": f"d{n}", "text": f"thing {n} " * 50} for n in range(500)]

        def write() -> int:
            return client.post(
                "/documents", json={"documents": documents}, headers=WITH_KEY
            ).status_code

        with ThreadPoolExecutor(8) as threads:
            calls = [threads.submit(write) for _ in range(8)]
            # Not before the requests are read; otherwise they may come too late.
            while "acclimate_requests_under_way 9.0" not in client.get("/metrics").text:
                if all(call.done() for call in calls):
                    break
            service.process.send_signal(signal.SIGTERM)
            wait(calls, SOON)
        assert [call.result() for call in calls] == [200] * 8
        assert service.ended() == 0
    engine = Engine.open(index)
    assert engine.count == 505
    engine.close()
    events = [line["event"] for line in service.logged]
    assert events.index("listening") < events.index("ready") < events.index("stopping")
    assert service.logged[events.index("stopping")]["signal"] == "SIGTERM"


def test_while_it_drains_it_says_so_and_still_answers(index: Path, keys: Path) -> None:
    with process(index, keys, "drain_seconds=60") as service:
        service.process.send_signal(signal.SIGTERM)
        service.read_until("stopping")
        ready = httpx.get(f"{service.url}/readyz")
        assert (ready.status_code, ready.json()) == (503, {"status": "stopping"})
        assert httpx.get(f"{service.url}/search", params={"q": "capital"}).status_code == 200
        # A second signal does not wait for the rest of the minute.
        assert service.stop() == 0


def test_one_line_a_request_without_its_text(index: Path, keys: Path) -> None:
    with process(index, keys) as service, httpx.Client(base_url=service.url) as client:
        client.post("/search", json={"query": "secret capital", "k": 3})
        client.get("/search", params={"q": "secret", "where": "country = 'secret'"})
        client.get("/documents/secret")
        client.post("/search", json={"query": "secret", "where": "secret ="})
        client.get("/secret")
        given = client.get("/healthz", headers={"X-Request-ID": "mine-1"})
        made = client.get("/healthz", headers={"X-Request-ID": 'not "mine"'})
        assert service.stop() == 0
    assert given.headers["X-Request-ID"] == "mine-1"
    assert "mine" not in made.headers["X-Request-ID"]
    lines = [line for line in service.requests() if line["route"] not in ("/readyz",)]
    assert "secret" not in json.dumps(service.logged)
    shown = [(line["method"], line["route"], line["status"]) for line in lines]
    assert shown == [
        ("POST", "/search", 200),
        ("GET", "/search", 200),
        ("GET", "/documents/{id:path}", 404),
        ("POST", "/search", 422),
        ("GET", "unknown", 404),
        ("GET", "/healthz", 200),
        ("GET", "/healthz", 200),
    ]
    assert {"k": 3, "mode": "lexical", "level": "info"}.items() <= lines[0].items()
    assert all(line["ms"] >= 0 and line["time"] and line["request_id"] for line in lines)
    assert lines[5]["request_id"] == "mine-1"


def test_query_texts_are_logged_where_asked_for(index: Path, keys: Path) -> None:
    with process(index, keys, "log_queries=True") as service:
        httpx.post(f"{service.url}/search", json={"query": "what capital"})
        assert service.stop() == 0
    assert [line["query"] for line in service.requests() if "query" in line] == ["what capital"]


def test_a_port_in_use_is_refused_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = cast(int, taken.getsockname()[1])
        with pytest.raises(UsageError, match=f"port {port} of 127.0.0.1 is in use; .*--port"):
            listen("127.0.0.1", port)


def test_a_host_that_is_not_here_is_refused() -> None:
    with pytest.raises(UsageError, match=r"192\.0\.2\.1"):
        listen("192.0.2.1", 0)
    with pytest.raises(UsageError, match="is no address of this machine"):
        listen("no such host", 0)
