"""Changing an index folder: every call counts as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from acclimate.engine.records import Changes
from acclimate.engine.settings import IndexSettings
from acclimate.indexes.base import Kind
from acclimate.progress import Progress
from acclimate.types import Passage


class Writer:
    """The one writer of an index folder, until it is closed; use it in a `with` block.

    Raises IndexBusy where another process writes, and StaleRows where the folder was made by other
    models, analysers or another format.
    """

    def __init__(
        self, folder: Path, kinds: Sequence[Kind], progress: Progress | None = None
    ) -> None:
        raise NotImplementedError

    @classmethod
    def create(
        cls,
        folder: Path,
        settings: IndexSettings,
        kinds: Sequence[Kind],
        passages: Iterable[Passage],
        progress: Progress | None = None,
    ) -> Changes:
        """Make a new index folder of passages."""
        raise NotImplementedError

    def add(self, passages: Iterable[Passage]) -> Changes:
        """Add passages, in place of those of the same id."""
        raise NotImplementedError

    def delete(self, ids: Iterable[str]) -> Changes:
        """Delete passages; ids that are not there are not counted."""
        raise NotImplementedError

    def update(self, passages: Iterable[Passage]) -> Changes:
        """Make the index hold these passages and no others; what has not changed stays."""
        raise NotImplementedError

    def compact(self) -> None:
        """Merge everything into one segment without dead rows."""
        raise NotImplementedError

    def close(self) -> None:
        """Let others write."""
        raise NotImplementedError

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
