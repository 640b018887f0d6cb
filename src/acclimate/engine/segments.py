"""INDEX/segments/NNNNNN/KIND: files that are written once, made durable, and removed whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SEGMENTS = "segments"
#: More than this, and a search pays for the many small parts.
MOST_SEGMENTS = 8


@dataclass(frozen=True, slots=True)
class Segment:
    """How many rows a segment has, and how many of them still hold a passage."""

    number: int
    rows: int
    live: int


def segment_folder(folder: Path, number: int) -> Path:
    """Where the parts of a segment lie, each in a folder of its kind's name."""
    return folder / SEGMENTS / f"{number:06d}"


def synchronise(folder: Path) -> None:
    """Have everything below a folder, and its own name, on the disk."""
    for root, _, names in os.walk(folder):
        for name in names:
            _synchronise(Path(root, name))
        _synchronise(Path(root))
    _synchronise(folder.parent)


def remove_segments(folder: Path, numbers: Collection[int]) -> None:
    """Remove segments that no commit names any more.

    Readers that have their files open keep them. One that is about to open them sees the whole
    segment vanish at once, never half of it.
    """
    for number in numbers:
        path = segment_folder(folder, number)
        gone = path.with_suffix(".gone")
        with suppress(FileNotFoundError):
            os.rename(path, gone)
        shutil.rmtree(gone, ignore_errors=True)


def sweep(folder: Path, named: Collection[int]) -> None:
    """Remove what writers left that were killed."""
    kept = {segment_folder(folder, number).name for number in named}
    (folder / SEGMENTS).mkdir(exist_ok=True)  # some copy no empty folders
    for path in (folder / SEGMENTS).iterdir():
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)


def to_merge(segments: Sequence[Segment]) -> list[Segment]:
    """The segments to merge into one now; none where all is well.

    Those of which more than half is dead; and where there are too many segments, the smallest,
    going on while the next is no larger than all before it together. So a row is merged again
    only when its segment has about doubled.
    """
    chosen = [segment for segment in segments if 2 * segment.live < segment.rows]
    others = sorted(
        (segment for segment in segments if segment not in chosen),
        key=lambda segment: (segment.live, segment.number),
    )
    if len(others) + bool(chosen) > MOST_SEGMENTS:
        size = sum(segment.live for segment in chosen)
        for count, segment in enumerate(others):
            after = len(others) - count + bool(chosen)
            if after <= MOST_SEGMENTS and segment.live > size:
                break
            chosen.append(segment)
            size += segment.live
    return sorted(chosen, key=lambda segment: segment.number)


def _synchronise(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
