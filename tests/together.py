"""Processes of our own, and such as meet in the way that those of torchrun do."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
from collections.abc import Callable

from acclimate.errors import ProcessLost

#: What a run imports, late for the most part. The server finds what is installed, and no test.
LIBRARIES = (
    "acclimate.adapt.gpl",
    "acclimate.report.html",
    "ir_measures",
    "jinja2",
    "scipy.stats",
    "sentence_transformers",
    "transformers.models.bert.modeling_bert",
    "transformers.models.gemma3.modeling_gemma3",
)
#: The exit code of a process that was left alone.
LOST = 7


def in_processes(work: Callable[..., None], *calls: tuple[object, ...]) -> list[int | None]:
    """Make each call in a process of its own, all at once; returns their exit codes.

    The server imports the libraries once and computes nothing itself.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(LIBRARIES))
    processes = [context.Process(target=work, args=call) for call in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def together(size: int, work: Callable[..., None], *arguments: object) -> list[int | None]:
    """Make the same call in so many processes, which can find one another."""
    port = _free_port()
    return in_processes(_member, *((rank, size, port, work, arguments) for rank in range(size)))


def _member(
    rank: int, size: int, port: int, work: Callable[..., None], arguments: tuple[object, ...]
) -> None:
    os.environ |= {
        "RANK": str(rank),
        "WORLD_SIZE": str(size),
        "MASTER_ADDR": "localhost",
        "MASTER_PORT": str(port),
    }
    try:
        work(*arguments)
    except ProcessLost:
        sys.exit(LOST)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port
