"""`serve`: from an index folder to a process that listens, and ends well."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
from pathlib import Path
from types import FrameType

import torch
import uvicorn

from acclimate.engine.engine import Engine
from acclimate.errors import UsageError
from acclimate.search.rerankers import check_reranker
from acclimate.serve.app import create_app
from acclimate.serve.logs import FIELDS, log_to_stderr
from acclimate.serve.models import ServingModels
from acclimate.serve.service import Service, State
from acclimate.serve.settings import ServeSettings

_log = logging.getLogger("acclimate.serve")
_BACKLOG = 2048
#: Kernels that each of two caches keeps; a shape takes a few.
_KERNELS = 128


def serve(folder: Path, settings: ServeSettings) -> None:
    """Serve an index folder until SIGTERM or SIGINT.

    Raises UsageError for a port that is in use and whatever else the settings have wrong.
    """
    log_to_stderr()
    _leave_room()
    _keep_few_kernels()
    listener = listen(settings.host, settings.port)
    with listener:
        app = create_app(open_engine(folder, settings), settings)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            backlog=_BACKLOG,
            # Whole seconds; at least one, as 0 would wait for ever.
            timeout_graceful_shutdown=max(1, round(settings.grace_seconds)),
        )
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        _log.info("listening", extra={FIELDS: {"url": f"http://{shown}:{port}"}})
        server = Stopping(config, app.state.service)
        # The server's own limit would answer without saying when to come back.
        app.state.service.connections = lambda: len(server.server_state.connections)
        server.run(sockets=[listener])


def open_engine(folder: Path, settings: ServeSettings) -> Engine:
    """An engine whose models batch what concurrent requests ask of them."""
    for name in settings.rerankers:
        check_reranker(name)
    models = ServingModels(settings.batching)
    engine = Engine.open(folder, models)
    for name in settings.rerankers:
        models.reranker(name)  # a name that is wrong is told now, not to the first client
    return engine


def _leave_room() -> None:
    """Leave one processor to what is no model, unless OMP_NUM_THREADS decides.

    The threads of a matrix product wait for the slowest of them: where one shares its processor
    with requests that are read and answered, the others idle. `python -m bench.serve`, with
    OMP_NUM_THREADS set and not, shows what that costs.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))


def _keep_few_kernels() -> None:
    """Let torch and oneDNN keep the kernels of some shapes only, unless the environment decides.

    Both keep up to 1,024 by default, and a service meets new shapes for hours: batches of every
    size, with texts of every length. `bench/shapes.py` shows
    what is held either way, `bench/serve.py` what it costs.
    """
    for name in ("LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY"):
        os.environ.setdefault(name, str(_KERNELS))


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address, not yet open for connections."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise UsageError(f"host {host!r} is no address of this machine ({error})") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise UsageError(_refused(host, port, error)) from error
    return listener


def _refused(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; stop what listens there or choose another --port"
    if error.errno == errno.EACCES:
        return f"port {port} of {host} needs more rights; choose a --port from 1024 on"
    return f"cannot listen on port {port} of {host} ({error.strerror}); choose another --host"


class Stopping(uvicorn.Server):
    """Ends in two steps: `/readyz` says no, then the door closes. A second signal is final."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._service.state is State.STOPPING:
            self.should_exit = True
            self.force_exit = sig == signal.SIGINT
            return
        self._service.state = State.STOPPING
        _log.info("stopping", extra={FIELDS: {"signal": signal.Signals(sig).name}})
        loop = asyncio.get_running_loop()
        loop.call_later(self._service.settings.drain_seconds, self._close_door)

    def _close_door(self) -> None:
        self.should_exit = True
