"""Progress with time left, on stderr, so that stdout holds results only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress


class Progress(Protocol):
    """How a long task tells how far it is."""

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """Inside the block, call the yielded function with the number of items just done."""
        ...

    def say(self, text: str) -> None:
        """One line about what was found or decided."""
        ...


class Silent:
    """Says nothing."""

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
        del name, total
        yield lambda done: None

    def say(self, text: str) -> None:
        del text


class Bars:
    """A bar for each task, with counts, time elapsed and time left."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
        bars = RichProgress(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
        )
        with bars:
            task = bars.add_task(name, total=total)
            yield lambda done: bars.advance(task, done)

    def say(self, text: str) -> None:
        self._console.print(text)
