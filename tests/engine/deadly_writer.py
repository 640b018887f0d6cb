"""Writers that die: an index is changed by a process that is killed at a step of its work.

A step is anything that can be seen from outside: a file opened, synchronised, renamed or removed,
a folder made, a statement given to the database. A limit on the size of files stops the work in
the middle of a write instead, be it as a kill or as a full disk.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import resource
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from wordkind import WordKind

from acclimate.engine import change, schema, segments
from acclimate.engine.settings import IndexSettings
from acclimate.engine.writer import Writer
from acclimate.errors import UpdateFailed
from acclimate.types import Passage

REFUSED = 7
_SEEN = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree")


def in_a_process(work: Callable[..., None], *arguments: object) -> int | None:
    """Its exit code. The server imports the modules once."""
    process = started(work, *arguments)
    process.join()
    code: int | None = process.exitcode
    return code


def started(work: Callable[..., None], *arguments: object) -> Any:
    """A process of its own, at work."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["acclimate.engine.writer", "acclimate.engine.snapshot"])
    process = context.Process(target=work, args=arguments)
    process.start()
    return process


def update(folder: Path, stream: Sequence[Passage], steps: Path, fatal: int = 0) -> None:
    """Update an index in small segments; die at the fatal step, or say how many there were."""
    small_segments()
    step = _count_steps(fatal)
    with Writer(folder, [WordKind()]) as writer:
        writer.update(stream)
    steps.write_text(str(next(step)))


def create(folder: Path, stream: Sequence[Passage], steps: Path, fatal: int = 0) -> None:
    """The same for a new index."""
    small_segments()
    step = _count_steps(fatal)
    Writer.create(folder, IndexSettings(), [WordKind()], stream)
    steps.write_text(str(next(step)))


def update_within(folder: Path, stream: Sequence[Passage], size: int, deadly: bool) -> None:
    """Update an index where no file may grow beyond a size in bytes; die of it, or be refused."""
    small_segments()
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL if deadly else signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        with Writer(folder, [WordKind()]) as writer:
            writer.update(stream)
    except UpdateFailed as error:
        sys.exit(REFUSED if f"{folder} is as it was before" in str(error) else 1)


def small_segments() -> None:
    change.SEGMENT_ROWS = 3
    segments.MOST_SEGMENTS = 4


def _count_steps(fatal: int) -> itertools.count[int]:
    numbers = itertools.count(1)

    def step() -> None:
        if next(numbers) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def audited(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _SEEN or (event == "open" and arguments[1] and "w" in str(arguments[1])):
            step()

    def traced(folder: Path) -> sqlite3.Connection:
        database = opened(folder)
        database.set_trace_callback(lambda statement: step())
        return database

    def synchronised(fd: Any) -> None:
        step()
        synchronise(fd)

    opened, synchronise = schema.open_for_writing, os.fsync
    schema.open_for_writing = traced
    os.fsync = synchronised
    sys.addaudithook(audited)
    return numbers
