"""Our service under load, beside a plain FastAPI handler without batches; ratios from one run.

    python -m bench.serve --collection data/enwiki_leads --index runs/enwiki-index

Both services run all the time, each in a process of its own, and take turns under load. The plain
handler only knows dense search over the same vectors; each of our modes is set against it at the
same number of clients, with snippets and without, which the plain handler does not cut. The index
is built where it is absent.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pyarrow.parquet as parquet
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from acclimate.api import export_vectors
from acclimate.engine.engine import Engine
from acclimate.engine.settings import IndexSettings
from acclimate.serve.run import listen
from acclimate.types import Passage
from bench.compare import machine
from bench.inputs import MINILM, SEED, options, own_queries, some_passages
from bench.load import Heard, Target, load, request

PLAIN = "plain FastAPI"
#: Behind a mode's name where its answers have no snippets, as the plain handler's have none.
BARE = ", no snippets"
SERVICE = """
import sys
from pathlib import Path
from acclimate.serve.run import serve
from acclimate.serve.settings import ServeSettings
serve(Path(sys.argv[1]), ServeSettings(port=int(sys.argv[2]), rerankers=tuple(sys.argv[3:])))
"""
#: Waiting for a service that has to load its models, or to encode a collection, in seconds.
PATIENCE = 3600.0


@dataclass(frozen=True, slots=True)
class Row:
    """One mode at one number of clients, over all rounds; ratios are to the plain handler."""

    mode: str
    clients: int
    answers: int
    failed: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    #: What one answer took of the service's processors; hardly depends on what else is running.
    processor_ms: float
    #: What the service held after it and all before it, without the files that it maps.
    memory_mb: int
    throughput_ratio: float
    p50_ratio: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, show and write."""
    parser = options(__doc__, 0, "passages")
    parser.add_argument("--index", type=Path, required=True, help="built where it is absent")
    parser.add_argument("--model", default=MINILM)
    parser.add_argument("--rerank", action="append", default=[], metavar="KIND:NAME")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--modes", nargs="+", default=[], help="all that the index has if left out")
    parser.add_argument("--seconds", type=float, default=15.0, help="of load in each turn")
    parser.add_argument("--words", type=int, default=8, help="of a passage's sentence, in a query")
    parser.add_argument("-k", type=int, default=10)
    given = parser.parse_args(arguments)
    passages = some_passages(given.collection, given.items)
    if not given.index.exists():
        Engine.create(given.index, IndexSettings(models=(given.model,)), passages).close()
    sentences = [query.text.split() for query in own_queries(passages)]
    asked = [" ".join(words[: given.words]) for words in sentences]
    random.Random(SEED).shuffle(asked)
    with tempfile.TemporaryDirectory() as scratch:
        _share_vectors(given.index, passages, Path(scratch))
        plain = ["-m", "bench.plain_service", "--collection", given.collection,
                 "--items", str(given.items), "--model", given.model,
                 "--vectors", f"{scratch}/v.npy"]  # fmt: skip
        with _plain(plain) as usual, _ours(given.index, given.rerank) as ours:
            modes = given.modes or _modes(ours)
            ways: Ways = {PLAIN: (usual, {})}
            for mode in modes:
                ways[mode] = (ours, {"mode": mode})
                ways[f"{mode}{BARE}"] = (ours, {"mode": mode, "snippets": False})
            for name in given.rerank:
                ways[f"{modes[-1]} > {name}"] = (ours, {"mode": modes[-1], "rerank": name})
            requests = {
                name: [request("POST", "/search", {"query": text, "k": given.k, **how})
                       for text in asked]
                for name, (_, how) in ways.items()
            }  # fmt: skip
            rows = []
            for clients in given.clients:
                rounds = _rounds(ways, requests, clients, given.seconds, given.repetitions)
                rows += [
                    _row(name, clients, heard, rounds[PLAIN]) for name, heard in rounds.items()
                ]
    _show(rows)
    if given.json:
        settings = {name: str(value) for name, value in vars(given).items() if name != "json"}
        _write(given.json, settings, rows)
    return 0


def _share_vectors(index: Path, passages: Sequence[Passage], scratch: Path) -> None:
    """Give the plain handler the index's own vectors, in the order of its passages."""
    exported = scratch / "vectors.parquet"
    export_vectors(index, exported)
    table = parquet.read_table(exported, columns=["id", "vector"])
    vectors = table["vector"].combine_chunks().flatten().to_numpy().reshape(len(table), -1)
    rows = {passage_id: row for row, passage_id in enumerate(table["id"].to_pylist())}
    np.save(scratch / "v.npy", vectors[[rows[passage.id] for passage in passages]])


Ways = dict[str, tuple[Target, dict[str, str | bool]]]


def _rounds(
    ways: Ways, requests: dict[str, list[bytes]], clients: int, seconds: float, repetitions: int
) -> dict[str, list[Heard]]:
    """Each way under load in turn, so that a machine that slows down slows all of them."""
    heard: dict[str, list[Heard]] = {name: [] for name in ways}
    for number in range(repetitions):
        for name, (target, _) in ways.items():
            if number == 0:
                load(target, requests[name], clients, min(2.0, seconds))
            heard[name].append(load(target, requests[name], clients, seconds))
            shown = f"{clients} clients, {name}: {heard[name][-1].per_second:.1f}/s"
            print(f"round {number + 1} of {repetitions}: {shown}", file=sys.stderr)
    return heard


def _row(name: str, clients: int, heard: list[Heard], plain: list[Heard]) -> Row:
    together = Heard(
        clients,
        sum(each.seconds for each in heard),
        tuple(latency for each in heard for latency in each.latencies),
        sum(each.failed for each in heard),
        sum(each.processor for each in heard),
        heard[-1].memory,
    )
    faster = [a.per_second / b.per_second for a, b in zip(heard, plain, strict=True)
              if b.per_second]  # fmt: skip
    slower = [a.percentile(0.5) / b.percentile(0.5) for a, b in zip(heard, plain, strict=True)
              if b.percentile(0.5)]  # fmt: skip
    return Row(
        name,
        clients,
        len(together.latencies),
        together.failed,
        round(together.per_second, 2),
        round(1000 * together.percentile(0.5), 2),
        round(1000 * together.percentile(0.95), 2),
        round(1000 * together.percentile(0.99), 2),
        round(1000 * together.processor / max(1, len(together.latencies)), 2),
        round(together.memory / 1e6),
        round(statistics.median(faster), 3) if faster else 0.0,
        round(statistics.median(slower), 3) if slower else 0.0,
    )


def _modes(target: Target) -> list[str]:
    with urlopen(f"http://127.0.0.1:{target.port}/info") as heard:
        modes: list[str] = json.load(heard)["modes"]
    return modes


@contextmanager
def _plain(arguments: list[str]) -> Iterator[Target]:
    port = _free_port()
    with _running([*arguments, "--port", str(port)], PLAIN, port) as target:
        yield target


@contextmanager
def _ours(index: Path, rerankers: list[str]) -> Iterator[Target]:
    port = _free_port()
    arguments = ["-c", SERVICE, str(index), str(port), *rerankers]
    with _running(arguments, "ours", port) as target:
        yield target


@contextmanager
def _running(arguments: list[str], name: str, port: int) -> Iterator[Target]:
    """A service in a process of its own, from when it is ready; its log is thrown away."""
    process = subprocess.Popen(
        [sys.executable, *arguments], env=os.environ, stderr=subprocess.DEVNULL
    )
    target = Target(name, port, process.pid)
    try:
        _until_ready(process, target)
        yield target
    finally:
        process.terminate()
        process.wait(60)


def _until_ready(process: subprocess.Popen[bytes], target: Target) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{target.name} ended by itself; run it by hand to see why")
        try:
            with urlopen(f"http://127.0.0.1:{target.port}/readyz"):
                return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    raise RuntimeError(f"{target.name} is not ready after {PATIENCE:.0f} s")


def _free_port() -> int:
    with listen("127.0.0.1", 0) as taken:
        port: int = taken.getsockname()[1]
    return port


def _show(rows: Sequence[Row]) -> None:
    table = Table(box=SIMPLE_HEAD)
    names = ("mode", "clients", "answers", "failed", "a second", "p50 ms", "p95 ms", "p99 ms",
             "processor ms", "memory MB", "throughput ratio", "p50 ratio")  # fmt: skip
    for name in names:
        table.add_column(name, justify="left" if name == "mode" else "right")
    for row in rows:
        table.add_row(*(str(getattr(row, field)) for field in row.__slots__))
    Console(highlight=False, width=None if sys.stdout.isatty() else 140).print(table)


def _write(path: Path, settings: dict[str, str], rows: Sequence[Row]) -> None:
    found = [{field: getattr(row, field) for field in row.__slots__} for row in rows]
    value = {"machine": machine(), "settings": settings, "rows": found}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
