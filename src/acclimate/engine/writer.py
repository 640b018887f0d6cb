"""Who may change an index folder, and how a new one comes about."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from acclimate.engine.kinds import settled
from acclimate.engine.manifest import MANIFEST, check_all_kinds, read_manifest, write_manifest
from acclimate.engine.records import Changes
from acclimate.engine.schema import DATABASE, create_database
from acclimate.engine.segments import SEGMENTS, sweep
from acclimate.engine.settings import IndexSettings
from acclimate.engine.store import Store
from acclimate.engine.updates import Updates
from acclimate.errors import IndexBusy, UpdateFailed, UsageError
from acclimate.indexes.base import Kind
from acclimate.progress import Progress, Silent
from acclimate.runs import LOCK, hold
from acclimate.types import Passage


class Writer(Updates):
    """The one writer of an index folder, until it is closed; use it in a `with` block.

    Raises IndexBusy where another process writes, and StaleRows where the folder was made by other
    models, analysers or another format.
    """

    def __init__(
        self, folder: Path, kinds: Sequence[Kind], progress: Progress | None = None
    ) -> None:
        check_all_kinds(folder, read_manifest(folder), kinds)
        self._lock = _hold(folder)
        try:
            super().__init__(folder, Store(folder), kinds, progress or Silent())
            sweep(folder, [segment.number for segment in self._store.segments()])
        except BaseException:
            self._lock.close()
            raise

    @classmethod
    def create(
        cls,
        folder: Path,
        settings: IndexSettings,
        kinds: Sequence[Kind],
        passages: Iterable[Passage],
        progress: Progress | None = None,
    ) -> Changes:
        """Make a new index folder of passages; it is no index before it is whole."""
        with _new_folder(folder), _disk(folder):
            create_database(folder)
            (folder / SEGMENTS).mkdir()
            store = Store(folder)
            try:
                changes = Updates(folder, store, kinds, progress or Silent()).add(passages)
            finally:
                store.close()
            write_manifest(folder, settled(settings, kinds), kinds)
        return changes

    def close(self) -> None:
        """Let others write."""
        self._store.close()
        self._lock.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _hold(folder: Path) -> TextIO:
    return hold(folder, IndexBusy, "wait until it is done, and try again")


@contextmanager
def _new_folder(folder: Path) -> Iterator[None]:
    """A folder to fill, held against others; emptied, or removed if it is new, on any error."""
    _refuse_others(folder)
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    lock = _hold(folder)
    try:
        # Not earlier: only now is nobody at work in what seems to be left over.
        _refuse_others(folder)
        _clear(folder)
        yield
    except BaseException:
        _clear(folder)
        with suppress(OSError):
            (folder / LOCK).unlink()
            if is_new:
                folder.rmdir()
        raise
    finally:
        lock.close()


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Say what helps where the disk does not let a new folder be filled."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise UpdateFailed(
            f"{error}; {folder} was not made: make sure that there is space and leave to write, "
            "and try again"
        ) from error


def _refuse_others(folder: Path) -> None:
    """Refuse a folder that holds anything but what a creation that was killed has left."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder for the index")
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if MANIFEST in names:
        raise UsageError(
            f"{folder} is an index already; bring it up to date with --update, remove it, or name "
            "another folder"
        )
    if names and not (LOCK in names and all(map(_is_ours, names))):
        raise UsageError(
            f"{folder}: not empty, and no index ({min(names)!r} is in it); name another folder"
        )


def _is_ours(name: str) -> bool:
    return name in (LOCK, SEGMENTS) or name.startswith((DATABASE, f".{MANIFEST}."))


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()
