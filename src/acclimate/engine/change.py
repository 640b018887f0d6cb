"""One change of an index folder in the making: what differs is written, the rest counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from acclimate.engine.records import Changes
from acclimate.engine.segments import segment_folder, synchronise
from acclimate.engine.store import Digests, Place, Store, digests_of
from acclimate.errors import InputError
from acclimate.formats.rows import checked_id
from acclimate.indexes.base import Kind
from acclimate.indexes.encode import seeing_encoder
from acclimate.indexes.vectors import DenseKind
from acclimate.types import Passage

#: Passages of a stream that are held in memory, encoded and written together.
SEGMENT_ROWS = 65_536


class Change:
    """Collects passages into new segments, within a transaction of the store."""

    def __init__(
        self, folder: Path, store: Store, kinds: Sequence[Kind], say: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._store = store
        self._kinds = kinds
        self._say = say
        self._waiting: list[tuple[Passage, Digests]] = []
        self._counts = Counter[str]()
        #: Segments written so far, which only a commit makes count.
        self.written: list[int] = []

    @property
    def counts(self) -> Changes:
        """What the change has done."""
        return Changes(**self._counts)

    @property
    def is_empty(self) -> bool:
        """Whether the index stays as it was."""
        return not (self._counts.keys() - {"unchanged"})

    def take(self, passage: Passage) -> None:
        """Have the index hold this passage under its id."""
        _check(passage, sum(self._counts.values()) + 1)
        _check_seen(passage, self._kinds)
        if not self._store.mark(passage.id):
            raise InputError(
                f"passage id {passage.id!r} occurs twice; give every passage its own id"
            )
        known, digests = self._store.find(passage.id), digests_of(passage)
        if known and known.digests == digests:
            self._counts["unchanged"] += 1
            return
        if known:
            self._store.bury(known.number)
        if known and known.digests.content == digests.content:
            # No model reads what has changed: the new record takes over the row.
            self._store.keep(passage, known.place, digests)
            self._counts["replaced"] += 1
            return
        self._counts["replaced" if known else "added"] += 1
        self._waiting.append((passage, digests))
        if len(self._waiting) >= SEGMENT_ROWS:
            self.write_waiting()

    def drop(self, passage_id: str) -> None:
        """Have the index hold nothing under an id."""
        known = self._store.find(passage_id)
        if known:
            self._store.bury(known.number)
            self._counts["deleted"] += 1

    def drop_others(self) -> None:
        """Have the index hold nothing but what was taken."""
        deleted = self._store.bury_unmarked()
        if deleted:
            self._counts["deleted"] += deleted

    def write_waiting(self) -> None:
        """Write a segment of the passages that have been taken since the last one."""
        if not self._waiting:
            return
        passages = [passage for passage, _ in self._waiting]
        number = self._store.new_segment(len(passages))
        self.written.append(number)

        def write(kind: Kind, part: Path) -> None:
            self._say(f"{kind.name}: indexing {len(passages):,} passages")
            kind.write(part, passages)

        write_parts(self._folder, number, self._kinds, write)
        for row, (passage, digests) in enumerate(self._waiting):
            self._store.keep(passage, Place(number, row), digests)
        self._waiting.clear()


def write_parts(
    folder: Path, number: int, kinds: Sequence[Kind], write: Callable[[Kind, Path], None]
) -> None:
    """Have every kind write its part of a new segment; all are on the disk in the end."""
    segment = segment_folder(folder, number)
    for kind in kinds:
        part = segment / kind.name
        part.mkdir(parents=True)
        write(kind, part)
    synchronise(segment)


def _check_seen(passage: Passage, kinds: Sequence[Kind]) -> None:
    """Refuse a picture that a dense model could not read, before anything waits for it."""
    for kind in kinds:
        if passage.image and isinstance(kind, DenseKind):
            seeing_encoder(kind.encoder, f"passage {passage.id!r} is a picture")


def _check(passage: Passage, number: int) -> None:
    """Refuse what the database or a filter could not hold."""
    place = f"passage {number}"
    checked_id(passage.id, place)
    place = f"{place} ({passage.id!r})"
    for key, value in passage.metadata.items():
        if not isinstance(key, str) or not isinstance(value, str | int | float):
            raise InputError(
                f"{place}: metadata {key!r} holds {type(value).__name__}; give every field one "
                "text, number, true or false, or leave it out"
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise InputError(
                f"{place}: metadata {key!r} is {value}, which JSON cannot hold; give a finite "
                "number, or leave it out"
            )
    values = (*passage.metadata, *passage.metadata.values())
    texts = [text for text in values if isinstance(text, str)]
    own = (passage.title, passage.text, passage.document_id, passage.place, passage.image)
    try:
        "".join([*own, *texts]).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{place}: holds half a surrogate pair, which no file can hold; mend the text"
        ) from error
