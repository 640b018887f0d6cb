"""What happened at every stage of one search: the hits that it gave and the time that it took."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from acclimate.engine.records import StageScore, Timing
from acclimate.indexes.base import Retriever
from acclimate.types import Hit, Query


@dataclass(slots=True)
class Trace:
    """Belongs to one query; wraps each stage of the composition that answers it."""

    timings: list[Timing] = field(default_factory=list)
    #: For each stage, every passage's rank and score.
    _found: dict[str, dict[str, tuple[int, float]]] = field(default_factory=dict)

    def watch(self, stage: Retriever) -> Retriever:
        """The same stage, seen."""
        return _Watched(stage, self)

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Note how long something took."""
        started = time.perf_counter()
        yield
        self.timings.append(Timing(stage, round((time.perf_counter() - started) * 1000, 3)))

    def note(self, stage: str, hits: Sequence[Hit]) -> None:
        """Note what a stage found."""
        self._found[stage] = {hit.passage_id: (rank, hit.score) for rank, hit in enumerate(hits, 1)}

    def stages(self, passage_id: str) -> tuple[StageScore, ...]:
        """A passage's rank and score at every stage, in the order in which they ended."""
        return tuple(
            StageScore(stage, *found.get(passage_id, (0, 0.0)))
            for stage, found in self._found.items()
        )


@dataclass(frozen=True, slots=True)
class _Watched:
    stage: Retriever
    trace: Trace

    @property
    def name(self) -> str:
        return self.stage.name

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """The stage's own answer for the one query that the trace belongs to."""
        with self.trace.time(self.name):
            found = self.stage.search(queries, k)
        self.trace.note(self.name, found[0])
        return found
