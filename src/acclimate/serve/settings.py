"""How an index folder is served. Each default lives here once."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from pathlib import Path

from acclimate.errors import UsageError


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for."""

    query_characters: int = 2_000
    k: int = 1_000
    #: With reasons, which encode a passage once for each of its words.
    explained_k: int = 50
    #: Seconds that reasons may take for a query; see SearchOptions.explain_seconds.
    explain_seconds: float = 5.0
    rerank_top: int = 200
    #: Seconds that a re-ranker may take for a query; see SearchOptions.rerank_seconds.
    rerank_seconds: float = 10.0
    where_characters: int = 4_000
    #: Bytes of a request's body; counted while they arrive.
    body_bytes: int = 10_000_000
    #: Seconds in which a request's body must have arrived.
    body_seconds: float = 30.0
    #: Documents in one request.
    documents: int = 1_000
    id_characters: int = 512
    metadata_fields: int = 64

    def __post_init__(self) -> None:
        _all_positive(self)


@dataclass(frozen=True, slots=True)
class Batching:
    """How concurrent calls of one model become batches."""

    #: Items that go through a model together.
    max_batch: int = 64
    #: How long a batch waits for the searches that are under way to join it.
    max_wait_ms: float = 3.0
    #: Items that may wait for a model.
    max_queue: int = 2_048
    #: Seconds that an item waits for its batch before it is refused.
    timeout: float = 10.0

    def __post_init__(self) -> None:
        _all_positive(self)


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How much happens at once, and how much may wait."""

    #: Searches that run at once; most of them wait for a batch, so many more than processors.
    searches: int = 64
    #: Searches that wait for one of these places; the next is refused at once.
    waiting: int = 256
    #: Seconds that a search waits before it is refused.
    waiting_seconds: float = 10.0
    #: Requests that one client (an API key, or else an address) may have under way; 0: no limit.
    per_client: int = 0
    #: Writes that wait for the one under way; those are then committed together.
    writes: int = 64
    #: Seconds that a write waits for its turn before it is refused.
    writes_seconds: float = 60.0
    #: Open connections; beyond, requests are refused.
    connections: int = 2_000
    #: Bytes of the bodies of all requests under way; beyond, a request is refused.
    bodies_bytes: int = 200_000_000

    def __post_init__(self) -> None:
        _all_positive(self, zero=("per_client",))


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Where to listen, who may do what, and how much."""

    host: str = "127.0.0.1"
    #: 0 takes any free port, which the log names.
    port: int = 8000
    #: A file of keys, one a line; without it documents cannot be changed.
    api_key_file: Path | None = None
    #: Ask for a key for searching and reading too.
    protect_reads: bool = False
    #: A run folder of `adapt` for the page to browse.
    run: Path | None = None
    #: The re-rankers that clients may ask for, as KIND:NAME; loaded at the start.
    rerankers: tuple[str, ...] = ()
    #: Write query texts into the log.
    log_queries: bool = False
    #: Seconds between looks for what another process has committed.
    refresh_seconds: float = 1.0
    #: Seconds between the signal to stop and the end of listening, in which `/readyz` says 503 so
    #: that a load balancer sends nothing more.
    drain_seconds: float = 0.0
    #: Seconds that requests under way get to end after that.
    grace_seconds: float = 30.0
    limits: Limits = field(default_factory=Limits)
    batching: Batching = field(default_factory=Batching)
    concurrency: Concurrency = field(default_factory=Concurrency)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise UsageError(f"port {self.port}; choose one from 1 to 65535, or 0 for any")
        for name in ("refresh_seconds", "grace_seconds"):
            _positive(name, getattr(self, name))
        _positive("drain_seconds", self.drain_seconds, zero=True)
        if self.protect_reads and self.api_key_file is None:
            raise UsageError("protect_reads without keys; name a file of keys in api_key_file")


def _all_positive(record: Limits | Batching | Concurrency, zero: tuple[str, ...] = ()) -> None:
    for each in fields(record):
        _positive(each.name, getattr(record, each.name), zero=each.name in zero)


def _positive(name: str, value: float, *, zero: bool = False) -> None:
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        raise UsageError(f"{name} is {value}; it must be {'0 or more' if zero else 'above 0'}")
