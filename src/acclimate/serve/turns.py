"""A lock that short work gets before long work, and long work not never."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock

#: Seconds that long work lets short work go before it; then it takes part like any other.
PATIENCE = 0.1


class Turns:
    """Plain locks favour whoever asks again at once: a loop over slices would keep others out."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._changed = Condition()
        self._short = 0

    @contextmanager
    def short(self) -> Iterator[None]:
        """Hold it for a moment; whoever works long waits meanwhile."""
        with self._changed:
            self._short += 1
        try:
            with self._lock:
                yield
        finally:
            with self._changed:
                self._short -= 1
                self._changed.notify_all()

    @contextmanager
    def long(self) -> Iterator[None]:
        """Hold it for one slice of something long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._short, PATIENCE)
        with self._lock:
            yield
