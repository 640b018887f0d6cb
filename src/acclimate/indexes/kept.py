"""What was computed last, kept within a limit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")
Key = TypeVar("Key")


class Kept(Generic[Key, Value]):
    """A cache that drops what was not asked for longest; `cost` says how much room a value takes.

    A value that alone exceeds the limit is made each time.
    """

    def __init__(
        self, make: Callable[[Key], Value], cost: Callable[[Value], int], limit: int
    ) -> None:
        self._make = make
        self._cost = cost
        self._limit = limit
        self._room = 0
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def __call__(self, key: Key) -> Value:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        # Outside the lock: two threads may make the same value, but none waits for another's.
        value = self._make(key)
        cost = self._cost(value)
        with self._lock:
            if key not in self._values and cost <= self._limit:
                self._values[key] = value
                self._room += cost
            while self._room > self._limit:
                self._room -= self._cost(self._values.popitem(last=False)[1])
        return value
