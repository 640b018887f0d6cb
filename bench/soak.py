"""The service under a mixed load for minutes, killed once on the way; what it promised must hold.

    python -m bench.soak --collection data/scifact --minutes 10

Clients search, write, vanish and send nonsense at the same time; halfway the service is killed with
SIGKILL and started again. Looked at: statuses (of 5xx only 503), memory over time, and at the end
every document: what was acknowledged last is there, what was deleted is not.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

from acclimate.engine.engine import Engine
from acclimate.engine.settings import IndexSettings
from acclimate.serve.run import listen
from bench.compare import machine
from bench.inputs import MINILM, SEED, own_queries, some_passages
from bench.load import answer, request

KEY = "only-for-this-soaking-run"
SERVICE = """
import sys
from pathlib import Path
from acclimate.serve.run import serve
from acclimate.serve.settings import ServeSettings
serve(Path(sys.argv[1]), ServeSettings(port=int(sys.argv[2]), api_key_file=Path(sys.argv[3])))
"""
#: Documents that one writer writes, replaces and deletes over and over.
OWN = 40
#: How much more memory a life's last fifth may take than the one before, when caches are full.
GROWTH = 0.02
#: Seconds of a fifth that says something.
LEAST = 60
NONSENSE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60),
    b"GET /search?q=%ff%fe&k=-1&mode=%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n{",
    b"FLY /away HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    request("POST", "/search", {"query": "\ud800"}, "Connection: close\r\n"),
    request("POST", "/search", {"query": "a\0b", "where": "((((" * 100}, "Connection: close\r\n"),
    request("POST", "/search", {"query": ["a"], "k": 10**30}, "Connection: close\r\n"),
    request("POST", "/compare", {"query": "a", "systems": [{}] * 100}, "Connection: close\r\n"),
    request("POST", "/documents", {"documents": [{"id": "\n"}]}, "Connection: close\r\n"),
    b"POST /search HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    b"Content-Length: 60000\r\n\r\n" + b"[" * 60_000,
)


@dataclass(slots=True)
class Found:
    """What is told at the end."""

    statuses: dict[str, int] = field(default_factory=dict)
    searches: int = 0
    acknowledged_writes: int = 0
    vanished: int = 0
    nonsense: int = 0
    kills: int = 0
    #: Resident megabytes of each life of the service, once a second.
    memory: list[list[float]] = field(default_factory=lambda: [[]])
    documents_checked: int = 0
    documents_wrong: list[str] = field(default_factory=list)

    def count(self, status: str) -> None:
        """One more answer of this status."""
        self.statuses[status] = self.statuses.get(status, 0) + 1


class Soak:
    """One run: the service, its clients and what they know."""

    def __init__(self, index: Path, keys: Path, queries: Sequence[str], until: float) -> None:
        self._index = index
        self._keys = keys
        self._queries = queries
        self._until = until
        with listen("127.0.0.1", 0) as taken:
            self._port: int = taken.getsockname()[1]
        self._process = self._start()
        self._up = True
        self.found = Found()
        #: The text that each document may have now; None stands for its absence. More than one
        #: where a write was not answered: it may have been committed.
        self.expected: dict[str, set[str | None]] = {}

    async def run(self, searchers: int, writers: int, others: int) -> None:
        """Everything at once until the time is over."""
        # Early, so that the second life is long enough for its memory to level off.
        kill_at = time.monotonic() + (self._until - time.monotonic()) / 5
        tasks: list[Awaitable[None]] = [self._watch_memory(), self._kill(kill_at)]
        tasks += [self._repeat(self._search, seed) for seed in range(searchers)]
        tasks += [self._repeat(self._writer(number), number) for number in range(writers)]
        tasks += [self._repeat(self._vanish, seed) for seed in range(others)]
        tasks += [self._repeat(self._send_nonsense, seed) for seed in range(others)]
        await asyncio.gather(*tasks)

    async def check_documents(self) -> None:
        """Ask for every document that was ever written."""
        for id_, allowed in self.expected.items():
            status, body = await self._ask(request("GET", f"/documents/{quote(id_, safe='')}"))
            text = json.loads(body)["text"] if status == 200 else None
            self.found.documents_checked += 1
            if status not in (200, 404) or text not in allowed:
                self.found.documents_wrong.append(f"{id_}: {status}, {text!r} not in {allowed!r}")

    def stop(self) -> int:
        """End the service as a user would; its exit code."""
        self._process.terminate()
        return self._process.wait(60)

    async def _repeat(self, act: Callable[[random.Random], Awaitable[None]], seed: int) -> None:
        draw = random.Random(SEED + seed)
        while time.monotonic() < self._until:
            try:
                await act(draw)
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                self.found.count("no answer" if self._up else "no answer while it restarted")
                await asyncio.sleep(0.1)

    async def _search(self, draw: random.Random) -> None:
        body = {"query": draw.choice(self._queries), "k": draw.choice((1, 10, 100)),
                "explain": False}  # fmt: skip
        if draw.random() < 0.1:
            ways = [{"mode": "lexical"}, {}]
            said = request("POST", "/compare", {"query": body["query"], "systems": ways})
        else:
            said = request("POST", "/search", body)
        await self._ask(said)
        self.found.searches += 1

    def _writer(self, number: int) -> Callable[[random.Random], Awaitable[None]]:
        versions = count()

        async def write(draw: random.Random) -> None:
            id_ = f"soak/{number}/{draw.randrange(OWN)} ü"
            if draw.random() < 0.25:
                path = f"/documents/{quote(id_, safe='')}"
                await self._change({id_: None}, request("DELETE", path, None, _KEY_HEADER))
                return
            ids = {id_, *(f"soak/{number}/{draw.randrange(OWN)} ü" for _ in range(3))}
            texts = {each: f"{draw.choice(self._queries)} {next(versions)}" for each in ids}
            documents = [{"id": each, "text": text} for each, text in texts.items()]
            said = request("POST", "/documents", {"documents": documents}, _KEY_HEADER)
            await self._change(texts, said)

        return write

    async def _change(self, texts: Mapping[str, str | None], said: bytes) -> None:
        for id_, text in texts.items():
            self.expected.setdefault(id_, {None}).add(text)
        status, _ = await self._ask(said)
        if status in (200, 404):
            self.found.acknowledged_writes += 1
            for id_, text in texts.items():
                self.expected[id_] = {text}

    async def _vanish(self, draw: random.Random) -> None:
        """Send some of a request, or all of it, and leave without reading."""
        said = request("POST", "/search", {"query": draw.choice(self._queries), "k": 50})
        _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(said[: draw.choice((5, len(said) // 2, len(said)))])
        await writer.drain()
        await asyncio.sleep(draw.choice((0, 0.005, 0.2)))
        writer.transport.abort()
        self.found.vanished += 1

    async def _send_nonsense(self, draw: random.Random) -> None:
        self.found.nonsense += 1
        with suppress(asyncio.IncompleteReadError):
            await self._ask(draw.choice(NONSENSE))
        await asyncio.sleep(0.02)

    async def _ask(self, said: bytes) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        try:
            writer.write(said)
            status, body = await answer(reader)
            self.found.count(str(status))
            return status, body
        finally:
            writer.close()

    async def _watch_memory(self) -> None:
        while time.monotonic() < self._until:
            with suppress(OSError, StopIteration):
                self.found.memory[-1].append(_resident(self._process.pid))
            await asyncio.sleep(1)

    async def _kill(self, at: float) -> None:
        await asyncio.sleep(at - time.monotonic())
        self._up = False
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.found.kills += 1
        self.found.memory.append([])
        self._process = await asyncio.to_thread(self._start)
        self._up = True

    def _start(self) -> subprocess.Popen[bytes]:
        arguments = [str(self._index), str(self._port), str(self._keys)]
        process = subprocess.Popen(
            [sys.executable, "-c", SERVICE, *arguments], stderr=subprocess.DEVNULL, env=os.environ
        )
        until = time.monotonic() + 300
        while time.monotonic() < until and process.poll() is None:
            with (
                suppress(URLError, ConnectionError),
                urlopen(f"http://127.0.0.1:{self._port}/readyz"),
            ):
                return process
            time.sleep(0.2)
        raise RuntimeError("the service does not start; run acclimate serve by hand to see why")


_KEY_HEADER = f"X-API-Key: {KEY}\r\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, show and write; 1 where something did not hold."""
    parser = ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        formatter_class=ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--collection", default="python-stdlib")
    parser.add_argument("--items", type=int, default=2000, help="passages; 0 takes all")
    parser.add_argument("--model", default=MINILM, help="`none` for an index of words only")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--searchers", type=int, default=16)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--others", type=int, default=2, help="that vanish; as many send nonsense")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    given = parser.parse_args(arguments)
    passages = some_passages(given.collection, given.items)
    queries = [query.text[:200] for query in own_queries(passages)]
    models = () if given.model == "none" else (given.model,)
    with tempfile.TemporaryDirectory() as scratch:
        index, keys = Path(scratch) / "index", Path(scratch) / "keys"
        keys.write_text(KEY)
        keys.chmod(0o600)
        Engine.create(index, IndexSettings(models=models), passages).close()
        soak = Soak(index, keys, queries, time.monotonic() + 60 * given.minutes)
        try:
            asyncio.run(soak.run(given.searchers, given.writers, given.others))
            asyncio.run(soak.check_documents())
        finally:
            code = soak.stop()
    checks = _checks(soak.found, code)
    value = {
        "machine": machine(),
        "settings": {name: str(value) for name, value in vars(given).items() if name != "json"},
        "found": asdict(soak.found),
        "checks": checks,
    }
    text = json.dumps(value, indent=2)
    print(text)
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(text + "\n", encoding="utf-8")
    return 0 if all(checks.values()) else 1


def _checks(found: Found, code: int) -> dict[str, bool]:
    wrong = [status for status in found.statuses if status.startswith("5") and status != "503"]
    return {
        "no 5xx but 503": not wrong,
        "an answer to everything but while it restarted": not found.statuses.get("no answer"),
        "every acknowledged document as it was acknowledged": not found.documents_wrong,
        "memory flat": all(_flat(life) for life in found.memory),
        "ended well": code == 0,
        "something happened": min(found.searches, found.acknowledged_writes, found.kills) > 0,
    }


def _flat(life: Sequence[float]) -> bool:
    """Whether the last fifth of a life took no more memory than the one before, within GROWTH."""
    fifth = len(life) // 5
    if fifth < LEAST:
        return True
    before, last = median(life[-2 * fifth : -fifth]), median(life[-fifth:])
    return last <= before * (1 + GROWTH)


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    line = next(line for line in lines if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


if __name__ == "__main__":
    sys.exit(main())
