"""The changes of an index folder, for the one process that holds it.

A change happens within one transaction of the database. The files of its new segments are written
and synchronised before the transaction ends, and no state names them until it has ended: whoever
dies in between leaves the old state, and files that the next writer removes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from acclimate.engine.change import Change, write_parts
from acclimate.engine.records import Changes
from acclimate.engine.segments import Segment, remove_segments, segment_folder, to_merge
from acclimate.engine.store import Store
from acclimate.errors import UpdateFailed
from acclimate.indexes.base import Kind
from acclimate.progress import Progress
from acclimate.types import Passage

T = TypeVar("T")


class Updates:
    """Every call counts as a whole or not at all, and says so where it fails."""

    def __init__(
        self, folder: Path, store: Store, kinds: Sequence[Kind], progress: Progress
    ) -> None:
        self._folder = folder
        self._store = store
        self._kinds = kinds
        self._progress = progress

    def add(self, passages: Iterable[Passage]) -> Changes:
        """Add passages, in place of those of the same id."""
        return self._changed(lambda change: self._each(change.take, passages))

    def delete(self, ids: Iterable[str]) -> Changes:
        """Delete passages; ids that are not there are not counted."""
        return self._changed(lambda change: self._each(change.drop, ids))

    def update(self, passages: Iterable[Passage]) -> Changes:
        """Make the index hold these passages and no others; what has not changed stays."""

        def mirror(change: Change) -> None:
            self._each(change.take, passages)
            change.drop_others()

        return self._changed(mirror)

    def compact(self) -> None:
        """Merge everything into one segment without dead rows."""
        segments = self._store.segments()
        if len(segments) > 1 or any(segment.live < segment.rows for segment in segments):
            self._merge(segments)

    def _changed(self, work: Callable[[Change], None]) -> Changes:
        change = Change(self._folder, self._store, self._kinds, self._progress.say)
        with self._transaction(change.written):
            work(change)
            change.write_waiting()
            emptied = self._commit(change)
        remove_segments(self._folder, emptied)
        self._tidy()
        return change.counts

    def _each(self, take: Callable[[T], None], items: Iterable[T]) -> None:
        with self._progress.task("read", None) as advance:
            for item in items:
                take(item)
                advance(1)

    def _commit(self, change: Change) -> list[int]:
        """Make a change count; returns the segments that hold nothing any more."""
        if change.is_empty:
            self._store.roll_back()
            return []
        emptied = [segment.number for segment in self._store.segments() if not segment.live]
        self._store.drop(emptied)
        self._store.commit()
        return emptied

    def _tidy(self) -> None:
        """Merge where there are too many segments or dead rows."""
        try:
            while segments := to_merge(self._store.segments()):
                self._merge(segments)
        except Exception as error:  # the change itself counts already, and the next one tries again
            self._progress.say(f"note: segments were not merged: {error}")

    def _merge(self, segments: Sequence[Segment]) -> None:
        self._progress.say(f"merging {len(segments)} segments")
        parts = [segment_folder(self._folder, segment.number) for segment in segments]
        written: list[int] = []
        with self._transaction(written, " the merge"):
            keep = [self._store.live_rows(segment) for segment in segments]
            number = self._store.new_segment(sum(segment.live for segment in segments))
            written.append(number)
            write_parts(
                self._folder,
                number,
                self._kinds,
                lambda kind, to: kind.merge(to, [part / kind.name for part in parts], keep),
            )
            self._store.move(segments, number)
            self._store.commit()
        remove_segments(self._folder, [segment.number for segment in segments])

    @contextmanager
    def _transaction(self, written: list[int], what: str = "") -> Iterator[None]:
        """Undo everything on any error; `written` are the segments that then have to go."""
        try:
            self._store.begin()
            yield
        except BaseException as error:
            if not self._undone(written):
                error.add_note(f"{self._folder} has the change all the same")
                raise
            undone = f"{self._folder} is as it was before{what}"
            if isinstance(error, OSError | sqlite3.Error):
                raise UpdateFailed(
                    f"{error}; {undone}: make sure that there is space and leave to write, "
                    "and try again"
                ) from error
            error.add_note(undone)
            raise

    def _undone(self, written: Sequence[int]) -> bool:
        """Undo a change that met an error; False where it stands, since that came after COMMIT."""
        try:
            self._store.roll_back()
            if self._store.is_committed():
                return False
        except sqlite3.Error:
            # A second failure must not hide the first; what it leaves, the next writer removes.
            return True
        remove_segments(self._folder, written)
        return True
