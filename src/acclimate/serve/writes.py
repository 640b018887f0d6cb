"""Changes to the index, one after the other; those that wait are committed together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from acclimate.engine.engine import Engine
from acclimate.serve.answers import Written
from acclimate.types import Passage


@dataclass(frozen=True, slots=True)
class Put:
    """Add or replace these."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete these."""

    ids: tuple[str, ...]


Write = Put | Remove


class Committer:
    """The work of the batcher for writes: a commit for each run of the same kind of write."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self, writes: Sequence[Write]) -> list[Written | Exception]:
        """What each write did, in their order, or why it was not done; the others are committed."""
        return [
            done for kind, run in groupby(writes, type) for done in self._committed(kind, list(run))
        ]

    def _committed(self, kind: type[Write], run: list[Write]) -> list[Written | Exception]:
        """The same for writes of one kind; where they cannot be done together, each by itself."""
        try:
            return [*self._commit(kind, run)]
        except Exception as error:  # one bad write must not spoil the others
            if len(run) == 1:
                return [error]
        return [done for write in run for done in self._committed(kind, [write])]

    def _commit(self, kind: type[Write], run: list[Write]) -> list[Written]:
        done = list(self._effects(run))
        if kind is Put:
            # Of two with one id the later counts.
            latest = {
                each.id: each for write in run if isinstance(write, Put) for each in write.passages
            }
            self._engine.add(latest.values())
        else:
            self._engine.delete(
                {id_: None for write in run if isinstance(write, Remove) for id_ in write.ids}
            )
        return done

    def _effects(self, run: Sequence[Write]) -> Iterator[Written]:
        """What each of several writes of one kind will have done, one after the other."""
        there: dict[str, bool] = {}

        def known(id_: str) -> bool:
            if id_ not in there:
                there[id_] = self._engine.passage(id_) is not None
            return there[id_]

        for write in run:
            if isinstance(write, Put):
                ids = dict.fromkeys(each.id for each in write.passages)
                replaced = sum(known(id_) for id_ in ids)
                there.update(dict.fromkeys(ids, True))
                yield Written(added=len(ids) - replaced, replaced=replaced)
            else:
                ids = dict.fromkeys(write.ids)
                deleted = sum(known(id_) for id_ in ids)
                there.update(dict.fromkeys(ids, False))
                yield Written(deleted=deleted)
