"""Clients that each ask again as soon as they are answered, over plain sockets.

A library for HTTP would need more of the processor than the services that are measured.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


def held(process: int | str) -> int:
    """Bytes that a process holds now, without what is mapped from files (Linux)."""
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return 1024 * int(text.partition("RssAnon:")[2].split()[0])


@dataclass(frozen=True, slots=True)
class Target:
    """A service on this machine: what to call it, where it listens, its process."""

    name: str
    port: int
    pid: int

    def processor_seconds(self) -> float:
        """Seconds that the process has spent on processors so far (Linux)."""
        text = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Bytes that the process holds now."""
        return held(self.pid)


@dataclass(frozen=True, slots=True)
class Heard:
    """What some clients saw in a stretch of time; latencies in seconds, of good answers only."""

    clients: int
    seconds: float
    latencies: tuple[float, ...]
    #: Answers other than 200, and connections that broke.
    failed: int
    #: What the service spent on processors meanwhile, in seconds.
    processor: float
    #: Bytes that the service held at the end.
    memory: int

    @property
    def per_second(self) -> float:
        """Good answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency that this share of the answers did not exceed, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def request(method: str, path: str, body: object = None, headers: str = "") -> bytes:
    """A whole request; the connection stays open."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}"
    if content:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"\r\n" + content


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and the body of one answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    lengths = [line for line in lines if line.lower().startswith("content-length:")]
    length = int(lengths[0].partition(":")[2]) if lengths else 0
    return int(lines[0].split()[1]), await reader.readexactly(length)


def load(target: Target, requests: Sequence[bytes], clients: int, seconds: float) -> Heard:
    """Let so many clients ask for so long; each request is asked in turn."""
    return asyncio.run(_load(target, requests, clients, seconds))


async def _load(target: Target, requests: Sequence[bytes], clients: int, seconds: float) -> Heard:
    turns = itertools.cycle(requests)
    latencies: list[float] = []
    started, spent = time.perf_counter(), target.processor_seconds()
    failed = await asyncio.gather(
        *(_client(target, turns, started + seconds, latencies) for _ in range(clients))
    )
    return Heard(
        clients,
        time.perf_counter() - started,
        tuple(latencies),
        sum(failed),
        target.processor_seconds() - spent,
        target.memory(),
    )


async def _client(
    target: Target, turns: Iterator[bytes], until: float, latencies: list[float]
) -> int:
    failed = 0
    while time.perf_counter() < until:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
            try:
                while (asked := time.perf_counter()) < until:
                    writer.write(next(turns))
                    status, _ = await answer(reader)
                    if status == 200:
                        latencies.append(time.perf_counter() - asked)
                    else:
                        failed += 1
            finally:
                writer.close()
        except (OSError, asyncio.IncompleteReadError):
            failed += 1
    return failed
