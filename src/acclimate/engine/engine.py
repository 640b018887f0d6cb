"""An index folder, open: search it in every way that it was built for, and change it.

Follow `search` downward: a mode becomes a composition of retrievers (modes.py), which search the
legs of a snapshot under a filter; a re-ranker may read the best again; each hit gets its snippet
and, if asked, its reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TypeVar, cast

import numpy as np

from acclimate.engine.by_picture import (
    BY_PICTURE,
    PictureRetriever,
    picture_mode,
    picture_vector,
)
from acclimate.engine.contents import Contents
from acclimate.engine.hybrid import keep_weights, read_weights
from acclimate.engine.kinds import SPARSE, dense_names, makers
from acclimate.engine.manifest import read_manifest
from acclimate.engine.models import Models
from acclimate.engine.modes import (
    HYBRID,
    HYBRID_RRF,
    LegRetriever,
    chosen_mode,
    first_stage,
    kinds_for,
    modes,
)
from acclimate.engine.reasons import Reasons
from acclimate.engine.records import (
    DEFAULTS,
    NO_SNIPPET,
    Answer,
    Changes,
    Result,
    SearchOptions,
)
from acclimate.engine.settings import IndexSettings
from acclimate.engine.snapshot import Snapshot
from acclimate.engine.snippets import beginning
from acclimate.engine.trace import Trace
from acclimate.engine.writer import Writer
from acclimate.errors import SnapshotGone, UsageError
from acclimate.indexes.base import Kind, Retriever
from acclimate.indexes.sparse import SparseLeg
from acclimate.models.base import PictureEncoder, Vectors
from acclimate.pictures.read import PictureSource, name_of
from acclimate.progress import Progress, Silent
from acclimate.search.rerank import Reranked
from acclimate.types import Hit, Passage, Query

T = TypeVar("T")

#: What a search may ask for at most.
MOST_HITS = 1000


class Engine:
    """Searches the newest state that it has seen; `refresh` looks for a newer one.

    Threads may share an engine. Other processes may read the folder too, and one may write.
    """

    def __init__(
        self, folder: Path, settings: IndexSettings, kinds: Mapping[str, Kind], models: Models
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.models = models
        self._kinds = kinds
        self._writing = Lock()
        self._refreshing = Lock()
        self._snapshot = Snapshot.open(folder, list(kinds.values()))
        self._weights = read_weights(folder)
        self._contents = Contents(settings.language)

    @classmethod
    def create(
        cls,
        folder: Path,
        settings: IndexSettings,
        passages: Iterable[Passage],
        models: Models | None = None,
        progress: Progress | None = None,
    ) -> Engine:
        """Build a new index folder over passages as they stream by; whole or absent."""
        models = models or Models()
        kinds = {name: make() for name, make in makers(settings, models).items()}
        Writer.create(folder, settings, list(kinds.values()), passages, progress or Silent())
        return cls(folder, read_manifest(folder).settings, kinds, models)

    @classmethod
    def open(cls, folder: Path, models: Models | None = None, only: Sequence[str] = ()) -> Engine:
        """Open an index folder; `only` names the modes that will be used, none means all.

        Raises InputError where there is no index, StaleRows where it was built by other models.
        """
        models = models or Models()
        settings = read_manifest(folder).settings
        known = makers(settings, models)
        wanted = {
            kind for mode in only for kind in kinds_for(settings, chosen_mode(settings, mode))
        }
        kinds = {name: make() for name, make in known.items() if not only or name in wanted}
        return cls(folder, settings, kinds, models)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def count(self) -> int:
        """Passages that can be found."""
        return self._snapshot.count

    @property
    def snapshot(self) -> Snapshot:
        """The state that is searched now; it stays as it is while somebody holds it."""
        return self._snapshot

    def modes(self) -> tuple[str, ...]:
        """The modes that the index can be searched by, as opened."""
        return tuple(
            mode
            for mode in modes(self.settings)
            if set(kinds_for(self.settings, mode)) <= self._kinds.keys()
        )

    def picture_modes(self) -> tuple[str, ...]:
        """The modes that take a picture as a query: those whose model knows pictures."""
        dense = dense_names(self.settings)
        return tuple(
            mode
            for mode in self.modes()
            if (kind := kinds_for(self.settings, mode)[0]) in dense
            and mode not in (HYBRID, HYBRID_RRF)
            and isinstance(self.models.dense(dense[kind]), PictureEncoder)
        )

    def search(self, query: str, options: SearchOptions = DEFAULTS) -> Answer:
        """Answer one query. Raises UsageError where the options ask for what is not there."""
        _check(query, options)
        return self._newest(lambda: self._answer(query, options))

    def _answer(self, query: str, options: SearchOptions) -> Answer:
        snapshot, trace = self._snapshot, Trace()
        mode = chosen_mode(self.settings, options.mode)
        retriever = self._compose(snapshot, mode, options, trace)
        hits = retriever.search([Query("query", query)], options.k)[0]
        rows = snapshot.rows([hit.passage_id for hit in hits])
        passages = snapshot.passages(rows)
        with trace.time("reasons"):
            reasons = Reasons(
                self.settings, self.models, snapshot, self._contents, mode, query, options
            )
            why = reasons.of(passages, rows)
        results = tuple(
            Result(rank, hit.score, passage, each.snippet, trace.stages(hit.passage_id),
                   each.explanation)
            for rank, (hit, passage, each) in enumerate(
                zip(hits, passages, why, strict=True), 1
            )
        )  # fmt: skip
        return Answer(query, mode, results, tuple(trace.timings))

    def search_picture(self, picture: PictureSource, options: SearchOptions = DEFAULTS) -> Answer:
        """Answer a query that is a picture: a path, or the bytes of a file.

        Raises PictureError where it cannot be read, UsageError where the options ask for what
        reads words or the index has no model of pictures.
        """
        _check_options(options)
        mode = picture_mode(self.settings, options)
        trace = Trace()
        with trace.time("picture"):
            vector = picture_vector(self.settings, self.models, mode, picture)
        return self._newest(lambda: self._answer_picture(picture, vector, mode, options, trace))

    def _answer_picture(
        self,
        picture: PictureSource,
        vector: Vectors,
        mode: str,
        options: SearchOptions,
        trace: Trace,
    ) -> Answer:
        snapshot = self._snapshot
        kind = kinds_for(self.settings, mode)[0]
        allowed = snapshot.allowed(options.where)
        retriever = trace.watch(PictureRetriever(kind, vector, snapshot, allowed))
        hits = retriever.search([Query("query", "")], options.k)[0]
        passages = snapshot.passages(snapshot.rows([hit.passage_id for hit in hits]))
        explanation = BY_PICTURE if options.explain else None
        results = tuple(
            Result(
                rank,
                hit.score,
                passage,
                beginning(passage) if options.snippets else NO_SNIPPET,
                trace.stages(hit.passage_id),
                explanation,
            )
            for rank, (hit, passage) in enumerate(zip(hits, passages, strict=True), 1)
        )
        return Answer(name_of(picture), mode, results, tuple(trace.timings))

    def retriever(self, options: SearchOptions = DEFAULTS) -> Retriever:
        """The way of searching that the options name, for many queries at once."""
        mode = chosen_mode(self.settings, options.mode)
        return self._compose(self._snapshot, mode, options, None)

    def search_all(
        self, queries: Sequence[Query], options: SearchOptions = DEFAULTS
    ) -> list[list[Hit]]:
        """The best `options.k` hits for each query, without reasons; for measuring."""
        return self.retriever(options).search(queries, options.k)

    def flops(self, queries: Sequence[str], mode: str = DEFAULTS.mode) -> float | None:
        """What learned sparse search multiplies for a query and a passage, on these queries.

        See `SparseLeg.flops`; None where the mode has no learned sparse search in it.
        """
        if SPARSE not in kinds_for(self.settings, chosen_mode(self.settings, mode)):
            return None
        leg = cast(SparseLeg, self._snapshot.legs[SPARSE])
        return leg.flops(queries)

    def passage(self, passage_id: str) -> Passage | None:
        """One passage by its id."""

        def find() -> Passage | None:
            snapshot = self._snapshot
            rows = snapshot.rows([passage_id])
            return snapshot.passages(rows)[0] if rows[0] >= 0 else None

        return self._newest(find)

    def thumbnail(self, passage_id: str) -> bytes | None:
        """A small JPEG of a passage's picture; None where there is no such passage or picture."""

        def find() -> bytes | None:
            snapshot = self._snapshot
            (row,) = snapshot.rows([passage_id])
            return snapshot.thumbnail(int(row)) if row >= 0 else None

        return self._newest(find)

    def add(self, passages: Iterable[Passage], progress: Progress | None = None) -> Changes:
        """Add passages, or replace those of the same id: all of them or, on an error, none."""
        with self._writing, self._writer(progress) as writer:
            changes = writer.add(passages)
        self.refresh()
        return changes

    def delete(self, passage_ids: Iterable[str]) -> Changes:
        """Delete passages; ids that are not there do nothing."""
        with self._writing, self._writer(None) as writer:
            changes = writer.delete(passage_ids)
        self.refresh()
        return changes

    def update(self, passages: Iterable[Passage], progress: Progress | None = None) -> Changes:
        """Make the index equal to these passages; what has not changed is not encoded again."""
        with self._writing, self._writer(progress) as writer:
            changes = writer.update(passages)
        self.refresh()
        return changes

    def refresh(self) -> bool:
        """Go over to the newest committed state; False where it is the one already searched."""
        # One at a time: the slower of two would bring back the older state.
        with self._refreshing:
            self._weights = read_weights(self.folder)
            if self._snapshot.is_current():
                return False
            # Threads that still search the old state hold it; it goes when they are done.
            self._snapshot = Snapshot.open(self.folder, list(self._kinds.values()))
            return True

    def hybrid_parts(self) -> list[Retriever]:
        """The retrievers that hybrid search is made of. Raises UsageError where it has no parts."""
        snapshot = self._snapshot
        kinds = kinds_for(self.settings, chosen_mode(self.settings, HYBRID))
        allowed = snapshot.allowed("")
        return [LegRetriever(name, snapshot.legs[name], snapshot, allowed) for name in kinds]

    def weigh(self, weights: Mapping[str, float]) -> None:
        """Keep weights for hybrid search, by kind; for everybody who opens the folder."""
        keep_weights(self.folder, weights)
        self._weights = dict(weights)

    def close(self) -> None:
        """Let go of the files."""
        self._snapshot.close()

    def _newest(self, work: Callable[[], T]) -> T:
        """Work on the snapshot; on a newer one where what it held has been swept since."""
        try:
            return work()
        except SnapshotGone:
            self.refresh()
            return work()

    def _writer(self, progress: Progress | None) -> Writer:
        missing = makers(self.settings, self.models).keys() - self._kinds.keys()
        if missing:
            raise UsageError(
                f"{self.folder}: opened for some of its modes only; open it whole to change it"
            )
        return Writer(self.folder, list(self._kinds.values()), progress or Silent())

    def _compose(
        self, snapshot: Snapshot, mode: str, options: SearchOptions, trace: Trace | None
    ) -> Retriever:
        watch = trace.watch if trace else _unwatched
        allowed = snapshot.allowed(options.where)
        first = first_stage(
            self.settings, mode, snapshot, allowed, options.languages, self._weights, watch
        )
        if not options.rerank:
            return first
        return watch(
            Reranked(
                first,
                self.models.reranker(options.rerank),
                lambda ids: snapshot.passages(snapshot.rows(ids)),
                options.rerank_top,
                options.rerank_seconds,
            )
        )


def _unwatched(stage: Retriever) -> Retriever:
    return stage


def _check(query: str, options: SearchOptions) -> None:
    if not query.strip():
        raise UsageError("the query is empty; give some words to search for")
    _check_options(options)


def _check_options(options: SearchOptions) -> None:
    if not 1 <= options.k <= MOST_HITS:
        raise UsageError(f"k is {options.k}; ask for 1 to {MOST_HITS} hits")
    if options.rerank and not 1 <= options.rerank_top <= MOST_HITS:
        raise UsageError(f"rerank_top is {options.rerank_top}; it must be 1 to {MOST_HITS}")
    if not 0 <= options.rerank_seconds < np.inf:
        raise UsageError(f"rerank_seconds is {options.rerank_seconds}; it must be 0 or more")
