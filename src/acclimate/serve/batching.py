"""Concurrent calls of one function, gathered into batches that one thread works off.

While a batch is in work the next one gathers by itself. Only where other calls are under way does
a batch wait for them, and never longer than `max_wait_ms`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from acclimate.serve.errors import Overloaded
from acclimate.serve.settings import Batching

In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[In, Out]):
    item: In
    answer: Future[Out] = field(default_factory=Future)


def nobody() -> int:
    """No other call is under way."""
    return 0


def unseen(size: int) -> None:
    """Nobody counts the batches."""


class Batcher(Generic[In, Out]):
    """Threads call `get`; one thread calls `work` on what has queued up, oldest first.

    `work` gives one result an item, in their order, or the error that it met with this item. Where
    it raises one over several items, each is tried alone, so that one bad item does not spoil the
    others; work that must not be done twice gives errors instead. `under_way` says how many
    callers may come, those already waiting among them; `observe` gets the size of every batch.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[list[In]], Sequence[Out | Exception]],
        settings: Batching | None = None,
        under_way: Callable[[], int] = nobody,
        observe: Callable[[int], None] = unseen,
    ) -> None:
        self.name = name
        self._work = work
        self._settings = settings or Batching()
        self._under_way = under_way
        self._observe = observe
        self._queue: deque[_Waiting[In, Out]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        # A daemon, so that a model that hangs cannot keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=f"batches of {name}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Items in the queue."""
        return len(self._queue)

    def get(self, item: In) -> Out:
        """The result for one item. Raises Overloaded, or whatever `work` raised for it."""
        return self.get_all([item])[0]

    def get_all(self, items: Sequence[In]) -> list[Out]:
        """The results for several items, all of them or an error."""
        answers = self.submit(items)
        deadline = time.monotonic() + self._settings.timeout
        try:
            return [self._await(answer, deadline) for answer in answers]
        except BaseException:
            for answer in answers:
                answer.cancel()
            raise

    def submit(self, items: Sequence[In]) -> list[Future[Out]]:
        """Queue items; what is cancelled before its batch begins is never worked on.

        Raises Overloaded where they do not fit; an empty queue takes any number, so that a
        request larger than the queue is not refused for ever.
        """
        waiting: list[_Waiting[In, Out]] = [_Waiting(item) for item in items]
        with self._changed:
            if self._closing:
                raise Overloaded("the service is stopping", retry_after=5)
            if self._queue and len(self._queue) + len(waiting) > self._settings.max_queue:
                raise Overloaded(f"too much work waits for {self.name}")
            self._queue.extend(waiting)
            self._changed.notify()
        return [each.answer for each in waiting]

    def close(self, timeout: float | None = None) -> bool:
        """Take nothing more and work off what waits; False where that took longer."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _await(self, answer: Future[Out], deadline: float) -> Out:
        try:
            return answer.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            # Either the item still waits and is taken back, or its batch has begun and will end;
            # `work` may have raised a TimeoutError of its own, which the second call raises again.
            if answer.cancel():
                raise Overloaded(f"waited too long for {self.name}") from None
            return answer.result()
        except CancelledError:
            raise Overloaded(f"{self.name} was given up") from None

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            batch = [each for each in batch if each.answer.set_running_or_notify_cancel()]
            if batch:
                self._observe(len(batch))
                self._answer(batch)

    def _next(self) -> list[_Waiting[In, Out]] | None:
        """The next batch, or None when all is done and closed."""
        with self._changed:
            while not self._queue:
                if self._closing:
                    return None
                self._changed.wait()
            self._gather()
            size = min(len(self._queue), self._settings.max_batch)
            return [self._queue.popleft() for _ in range(size)]

    def _gather(self) -> None:
        """Wait a moment for the callers that are under way."""
        until = time.monotonic() + self._settings.max_wait_ms / 1000
        while not self._closing:
            wanted = min(self._under_way(), self._settings.max_batch)
            left = until - time.monotonic()
            if len(self._queue) >= wanted or left <= 0:
                return
            self._changed.wait(left)

    def _answer(self, batch: list[_Waiting[In, Out]]) -> None:
        try:
            results = list(self._work([each.item for each in batch]))
            if len(results) != len(batch):
                raise RuntimeError(f"{self.name}: {len(results)} results for {len(batch)} items")
        except BaseException as error:
            if len(batch) == 1:
                batch[0].answer.set_exception(error)
                return
        else:
            for each, result in zip(batch, results, strict=True):
                if isinstance(result, Exception):
                    each.answer.set_exception(result)
                else:
                    each.answer.set_result(result)
            return
        for each in batch:
            self._answer([each])
