"""One step after the other, with a look at what is held out every so often."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from acclimate.train.course import Course

Batch = TypeVar("Batch")


class Training(Protocol[Batch]):
    """What a training does at each step, whatever it learns."""

    def from_step(self, step: int) -> Iterator[Batch]:
        """The batches that are still to come, the last step's included."""
        ...

    def step(self, batch: Batch, number: int) -> float:
        """Learn from a batch; returns its loss before that."""
        ...

    def look(self, course: Course, losses: list[float], seconds: float) -> None:
        """Measure and note it; the losses are those since the last look."""
        ...


def take_steps(
    training: Training[Batch],
    course: Course,
    save_steps: int,
    end: int,
    advance: Callable[[int], None],
) -> None:
    """Go on to the step `end`; there is a look before the first step, and after the last one."""
    advance(course.step)
    if not course.points:
        training.look(course, [], 0.0)
    losses: list[float] = []
    started = time.monotonic()
    for batch in training.from_step(course.step):
        losses.append(training.step(batch, course.step))
        course.step += 1
        advance(1)
        if course.step % save_steps == 0 or course.step == end:
            training.look(course, losses, time.monotonic() - started)
            losses, started = [], time.monotonic()
