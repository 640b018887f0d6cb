"""How many searches run, and how many wait; one more is refused at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TypeVar

import anyio
from anyio import to_thread

from acclimate.serve.errors import ClientGone, Overloaded, TooMany
from acclimate.serve.settings import Concurrency

Result = TypeVar("Result")


class Flight:
    """How many searches are under way, over all threads."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = Lock()

    @property
    def count(self) -> int:
        return self._count

    @contextmanager
    def one(self) -> Iterator[None]:
        """One more, within the block."""
        with self._lock:
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1


class Gate:
    """Lets blocking work into threads, a bounded number at a time. Belongs to one event loop."""

    def __init__(self, settings: Concurrency) -> None:
        self._settings = settings
        self._places = anyio.Semaphore(settings.searches)
        # The places bound the threads; one request may use several (a comparison).
        self._threads = anyio.CapacityLimiter(float("inf"))
        self.waiting = 0

    async def run(
        self, gone: Callable[[], Awaitable[bool]], work: Sequence[Callable[[], Result]]
    ) -> list[Result]:
        """Do all of `work` at once in threads, when there is a place for this request.

        Raises Overloaded where too many wait or it takes too long, ClientGone where nobody waits
        for the answer any more, or what a piece of work raised.
        """
        await self._enter()
        try:
            # Work for somebody who has left would only keep others waiting.
            if await gone():
                raise ClientGone("the client is gone")
            return await self._all(work)
        finally:
            self._places.release()

    async def _enter(self) -> None:
        # Who gets a place at once has never waited, not even for a turn of the event loop.
        with suppress(anyio.WouldBlock):
            self._places.acquire_nowait()
            return
        if self.waiting >= self._settings.waiting:
            raise Overloaded(f"{self.waiting} requests wait already")
        self.waiting += 1
        try:
            with anyio.fail_after(self._settings.waiting_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise Overloaded("waited too long for a place", retry_after=2) from None
        finally:
            self.waiting -= 1

    async def _all(self, work: Sequence[Callable[[], Result]]) -> list[Result]:
        calls = [to_thread.run_sync(each, limiter=self._threads) for each in work]
        # All are waited for, also where one fails: the place is theirs until then.
        ended = await asyncio.gather(*calls, return_exceptions=True)
        for each in ended:
            if isinstance(each, BaseException):
                raise each
        return [each for each in ended if not isinstance(each, BaseException)]


class Clients:
    """How many requests each client has under way."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def one(self, name: str) -> Iterator[None]:
        """One more request of this client, within the block. Raises TooMany."""
        if self._limit and self._under_way[name] >= self._limit:
            raise TooMany(f"{self._limit} of your requests are under way already")
        self._under_way[name] += 1
        try:
            yield
        finally:
            self._under_way[name] -= 1
            if not self._under_way[name]:
                del self._under_way[name]
