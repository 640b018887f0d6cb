"""The run folder: every stage's rows, in shards, under a hash of all that decides them.

A stage is a function from a shard of input rows to a shard of output rows. Its folder is named
after a hash of its settings, its inputs' hashes and its models' identities, so that a changed
setting finds no folder and redoes exactly what depends on it. A shard counts once its receipt is
written, after the rows: a killed run goes on from the last receipt. Shards are computed from
their number and their input alone, so a resumed run ends with the same bytes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, is_dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TextIO, TypeVar

from acclimate.errors import AcclimateError, RunFolderBusy, UsageError
from acclimate.formats.files import atomic_write_bytes
from acclimate.progress import Progress
from acclimate.rowfile import RowT, from_file, to_lines

In = TypeVar("In")

#: Changes when a stage's code changes what it writes, so that older rows are not reused.
ROWS_VERSION = 1

LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Shard(Generic[RowT]):
    """What a stage makes of one shard of input: rows, and counts of what it dropped and why."""

    rows: Sequence[RowT]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Rows(Generic[RowT]):
    """A finished stage: its rows are read from disk each time, so they need not fit in memory."""

    folder: Path
    kind: type[RowT]
    key: str
    count: int
    counts: Mapping[str, int]
    seconds: float

    def __iter__(self) -> Iterator[RowT]:
        for path in sorted(self.folder.glob("*.jsonl")):
            yield from from_file(path, self.kind)

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True, slots=True)
class Receipt:
    """Written after a shard's rows, and proof that they are whole."""

    sha256: str
    rows: int
    counts: Mapping[str, int]
    seconds: float


class Run:
    """One run folder, held by one process at a time.

    Raises RunFolderBusy where another process holds it.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self.progress = progress
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file; name a folder for the run")
        self._is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = hold(folder, RunFolderBusy, "wait for it, or name another --out")

    def close(self) -> None:
        """Let others at the folder; a run that was refused at once takes its new one away."""
        if self._is_new and [path.name for path in self.folder.iterdir()] == [LOCK]:
            with suppress(OSError):
                (self.folder / LOCK).unlink()
                self.folder.rmdir()
        self._lock.close()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def folder_of(self, name: str, key: str) -> Path:
        """Where the stage `name` keeps what belongs to `key`."""
        return self.folder / "stages" / f"{name}-{key[:12]}"

    def stage(
        self,
        name: str,
        kind: type[RowT],
        work: Callable[[int, list[In]], Shard[RowT]],
        inputs: Iterable[In],
        key: str,
        shard_size: int,
        total: int | None = None,
    ) -> Rows[RowT]:
        """The rows of a stage: those of an earlier run where they are whole, else made now.

        `work(number, inputs)` makes one shard; `total` is the number of input rows, for progress.
        """
        # Shards of another size hold other rows under the same number.
        key = key_of(name, key, shard_size)
        folder = self.folder_of(name, key)
        folder.mkdir(parents=True, exist_ok=True)
        rows, counts, seconds = 0, Counter[str](), 0.0
        with self.progress.task(name, total) as advance:
            for number, taken in enumerate(shards(inputs, shard_size)):
                path = folder / f"{number:05d}.jsonl"
                receipt = read_receipt(path)
                if receipt is None:
                    started = time.monotonic()
                    shard = work(number, taken)
                    receipt = _write_shard(path, shard, time.monotonic() - started)
                rows += receipt.rows
                seconds += receipt.seconds
                counts.update(receipt.counts)
                advance(len(taken))
        return Rows(folder, kind, key, rows, dict(counts), seconds)


def hold(folder: Path, busy: type[AcclimateError], remedy: str) -> TextIO:
    """Keep other processes from writing to a folder until the handle is closed, or we die.

    Raises `busy`, with the number of the process that holds it, where there is one.
    """
    lock = (folder / LOCK).open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise busy(f"{folder} is in use by process {holder}; {remedy}") from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def key_of(name: str, *parts: object) -> str:
    """A hash of all that decides a stage's rows: settings, inputs' keys, models' identities."""
    text = json.dumps([ROWS_VERSION, name, *map(_plain, parts)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(part: object) -> Any:
    return asdict(part) if is_dataclass(part) and not isinstance(part, type) else part


def shards(rows: Iterable[In], size: int) -> Iterator[list[In]]:
    """The rows in lists of `size`, the last one perhaps shorter."""
    waiting = iter(rows)
    while taken := list(islice(waiting, size)):
        yield taken


def _write_shard(path: Path, shard: Shard[RowT], seconds: float) -> Receipt:
    data = to_lines(shard.rows)
    receipt = Receipt(
        hashlib.sha256(data).hexdigest(), len(shard.rows), dict(shard.counts), round(seconds, 3)
    )
    with atomic_write_bytes(path) as handle:
        handle.write(data)
    with atomic_write_bytes(path.with_suffix(".receipt")) as handle:
        handle.write(json.dumps(asdict(receipt)).encode())
    return receipt


def read_receipt(path: Path) -> Receipt | None:
    """The receipt of a whole shard; none where the shard is missing, cut off or changed."""
    with suppress(OSError, ValueError, TypeError):
        receipt = Receipt(**json.loads(path.with_suffix(".receipt").read_bytes()))
        with path.open("rb") as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() == receipt.sha256:
                return receipt
    return None
