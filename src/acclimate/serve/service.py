"""What all routes share: the engine, who may do what, and how the service starts and ends."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from functools import partial

from acclimate.engine.engine import Engine
from acclimate.engine.modes import chosen_mode
from acclimate.engine.records import Answer, SearchOptions
from acclimate.serve.answers import Written, shown_answer
from acclimate.serve.batching import Batcher, nobody
from acclimate.serve.bounds import bounds
from acclimate.serve.errors import Overloaded
from acclimate.serve.gate import Clients, Flight, Gate
from acclimate.serve.keys import Keys
from acclimate.serve.metrics import Metrics
from acclimate.serve.models import Batchers, ServingModels
from acclimate.serve.settings import Batching, ServeSettings
from acclimate.serve.writes import Committer, Write

_log = logging.getLogger(__name__)


class State(Enum):
    """Where in its life the service is."""

    WARMING_UP = "warming up"
    READY = "ready"
    STOPPING = "stopping"


class Service:
    """An open engine with everything around it. Belongs to one event loop once it is started."""

    def __init__(self, engine: Engine, settings: ServeSettings) -> None:
        self.engine = engine
        self.settings = settings
        self.keys = Keys.read(settings.api_key_file) if settings.api_key_file else Keys()
        self.bounds = bounds(settings.limits)
        self.metrics = Metrics()
        self.gate = Gate(settings.concurrency)
        self.clients = Clients(settings.concurrency.per_client)
        self.state = State.WARMING_UP
        #: How many connections are open, where the server tells.
        self.connections: Callable[[], int] = nobody
        self._flight = Flight()
        if isinstance(engine.models, ServingModels):
            self._batch(engine.models.batchers)
        self._writes: Batcher[Write, Written] = Batcher(
            "writes",
            Committer(engine),
            _writing(settings),
            observe=partial(self.metrics.batch, "writes"),
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._measure()

    def is_crowded(self) -> bool:
        """Whether more connections are open than may be."""
        return self.connections() > self.settings.concurrency.connections

    async def start(self) -> None:
        """Begin to warm up, and to look for what other processes commit."""
        self._tasks = [asyncio.create_task(self._warm_up()), asyncio.create_task(self._look())]

    async def stop(self) -> None:
        """End what waits, and close the engine. To be called when no request is under way."""
        self.state = State.STOPPING
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        seconds = self.settings.grace_seconds
        ended = await asyncio.to_thread(self._writes.close, seconds)
        if isinstance(self.engine.models, ServingModels):
            ended &= await asyncio.to_thread(self.engine.models.batchers.close, seconds)
        # Files are not taken away from a thread that still reads them.
        if ended:
            self.engine.close()
        else:
            _log.error("work did not end within %g s", seconds)

    async def search(
        self,
        gone: Callable[[], Awaitable[bool]],
        query: str,
        options: Sequence[SearchOptions],
    ) -> list[Answer]:
        """Answer a query in several ways at once."""

        def one(each: SearchOptions) -> Answer:
            with self._flight.one():
                return shown_answer(self.engine.search(query, each))

        return await self.gate.run(gone, [partial(one, each) for each in options])

    async def search_picture(
        self, gone: Callable[[], Awaitable[bool]], picture: bytes, options: SearchOptions
    ) -> Answer:
        """Answer a query that is the bytes of a picture, which is decoded in a thread."""

        def one() -> Answer:
            with self._flight.one():
                return shown_answer(self.engine.search_picture(picture, options))

        [answer] = await self.gate.run(gone, [one])
        return answer

    async def write(self, write: Write) -> Written:
        """Commit a write, in its turn. Raises Overloaded where it waited too long."""
        answer = self._writes.submit([write])[0]
        ended = asyncio.wrap_future(answer)
        await asyncio.wait([ended], timeout=self.settings.concurrency.writes_seconds)
        if not ended.done() and answer.cancel():
            raise Overloaded("waited too long for other writes", retry_after=5)
        # Its commit has begun: the client has to know how it ends.
        return await ended

    async def _warm_up(self) -> None:
        try:
            await asyncio.to_thread(self._use_everything)
        except Exception as error:
            _log.error("could not warm up; not ready", exc_info=error)
            return
        if self.state is State.WARMING_UP:
            self.state = State.READY
            _log.info("ready")

    def _use_everything(self) -> None:
        """The first use of a model allocates and compiles; better here than for a client."""
        first = SearchOptions(k=1)
        for mode in self.engine.modes():
            self.engine.search("warm up", replace(first, mode=mode))
        for name in self.settings.rerankers:
            self.engine.search("warm up", replace(first, rerank=name, rerank_top=1))
        # What is there now stays: looking through it for garbage again and again takes longer than
        # a search by words.
        gc.collect()
        gc.freeze()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self.settings.refresh_seconds)
            try:
                await asyncio.to_thread(self.engine.refresh)
            except Exception as error:
                _log.error("cannot read the newest commit", exc_info=error)

    def _batch(self, batchers: Batchers) -> None:
        batchers.under_way = lambda: self._flight.count
        batchers.observe = self.metrics.batch
        self.metrics.queue("models", batchers.waiting)

    def _measure(self) -> None:
        say = self.metrics
        say.gauge("acclimate_index_passages", "Passages.", lambda: self.engine.count)
        say.gauge(
            "acclimate_index_version", "The commit searched.", lambda: self.engine.snapshot.version
        )
        say.gauge("acclimate_ready", "Whether it is ready.", lambda: self.state is State.READY)
        say.queue("searches", lambda: self.gate.waiting)
        say.queue("writes", lambda: self._writes.waiting)

    @property
    def default_mode(self) -> str:
        """The mode of a search that names none."""
        return chosen_mode(self.engine.settings, "")


def _writing(settings: ServeSettings) -> Batching:
    """A batch of writes takes what waits; it does not wait for more."""
    most = settings.concurrency.writes
    return Batching(max_batch=most, max_queue=most, timeout=settings.concurrency.writes_seconds)
