"""From the name of a way of searching to a retriever over a snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from acclimate.engine.kinds import DENSE, LATE, LEXICAL, SPARSE, dense_names
from acclimate.engine.settings import IndexSettings
from acclimate.engine.snapshot import Snapshot
from acclimate.errors import UsageError
from acclimate.indexes.base import Leg, Mask, Ranked, Retriever
from acclimate.ranking import Rows, top
from acclimate.search.fuse import Fused, Fusion
from acclimate.types import Hit, Query

HYBRID = "hybrid"
#: The same by reciprocal ranks, which need no scores that can be compared, and know no weights.
HYBRID_RRF = "hybrid:rrf"
#: Hits of the first stage that late interaction compares token by token.
LATE_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class LegRetriever:
    """One leg of a snapshot as a Retriever, under a filter."""

    name: str
    leg: Leg
    snapshot: Snapshot
    allowed: Mask

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """The best k allowed passages for each query, best first."""
        found = self.leg.search([query.text for query in queries], k, self.allowed)
        return [hits_of(self.snapshot, each) for each in found]


def hits_of(snapshot: Snapshot, found: Ranked) -> list[Hit]:
    """Rows with scores as hits."""
    return [
        Hit(passage_id, score)
        for passage_id, score in zip(snapshot.ids(found.rows), found.scores.tolist(), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Rescored:
    """A leg's own scores over the candidates of a first stage."""

    name: str
    first: Retriever
    leg: Leg
    snapshot: Snapshot
    depth: int = LATE_CANDIDATES

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """The best k of the first stage's candidates for each query, best first."""
        candidates = self.first.search(queries, max(k, self.depth))
        return [
            self._rescore(query, hits, k) for query, hits in zip(queries, candidates, strict=True)
        ]

    def _rescore(self, query: Query, hits: Sequence[Hit], k: int) -> list[Hit]:
        rows: Rows = np.asarray(
            self.snapshot.rows([hit.passage_id for hit in hits]), dtype=np.int64
        )
        if not len(rows):
            return []
        scores = self.leg.score(query.text, rows)
        best = top(scores, self.snapshot.tiebreak[rows], k)
        return [Hit(hits[place].passage_id, float(scores[place])) for place in best]


class Watch(Protocol):
    """Sees every stage of a composition, and may note what passes through."""

    def __call__(self, stage: Retriever) -> Retriever: ...


def modes(settings: IndexSettings) -> tuple[str, ...]:
    """Every mode that the index can be searched by."""
    found = _kinds(settings)
    dense = [f"{DENSE}:{model}" for model in settings.models[1:]]
    several = len([name for name in found if name != LATE]) > 1
    return (*found, *dense, *((HYBRID, HYBRID_RRF) if several else ()))


def chosen_mode(settings: IndexSettings, mode: str) -> str:
    """The mode to use, in the form that `kinds_for` and `first_stage` take."""
    known = modes(settings)
    if not mode:
        return HYBRID if HYBRID in known else known[0]
    if settings.models and mode == f"{DENSE}:{settings.models[0]}":
        return DENSE
    if mode not in known:
        raise UsageError(f"mode {mode!r}: this index has {', '.join(known)}; choose one of them")
    return mode


def kinds_for(settings: IndexSettings, mode: str) -> tuple[str, ...]:
    """The kinds of index that a mode searches."""
    if mode in (HYBRID, HYBRID_RRF):
        return tuple(name for name in _kinds(settings) if name != LATE)
    if mode == LATE:
        return (*_first_of_late(settings), LATE)
    return (_kind_of(settings, mode),)


def first_stage(
    settings: IndexSettings,
    mode: str,
    snapshot: Snapshot,
    allowed: Mask,
    languages: str,
    weights: Mapping[str, float],
    watch: Watch,
) -> Retriever:
    """The retriever that a mode names. `weights` are hybrid's, by kind; 1 where there is none."""

    def opened(name: str) -> Leg:
        return snapshot.across_languages(name, languages)

    def leg(name: str) -> Retriever:
        return watch(LegRetriever(name, opened(name), snapshot, allowed))

    def fused(names: Sequence[str]) -> Retriever:
        legs = [leg(name) for name in names]
        if len(legs) == 1:
            return legs[0]
        return watch(_Hybrid(legs, [weights.get(name, 1.0) for name in names]))

    if mode == HYBRID:
        return fused(kinds_for(settings, mode))
    if mode == HYBRID_RRF:
        return watch(_ByRanks([leg(name) for name in kinds_for(settings, mode)]))
    if mode != LATE:
        return leg(_kind_of(settings, mode))
    first = _first_of_late(settings)
    if not first:
        return leg(LATE)
    return watch(Rescored(LATE, fused(first), opened(LATE), snapshot))


class _Hybrid(Fused):
    """Fused, under the name that people know it by."""

    name = HYBRID


class _ByRanks(Fused):
    """The same by reciprocal ranks."""

    name = HYBRID_RRF

    def __init__(self, legs: Sequence[Retriever]) -> None:
        super().__init__(legs, method=Fusion.RECIPROCAL_RANK)


def _kinds(settings: IndexSettings) -> tuple[str, ...]:
    have = (
        (LEXICAL, settings.lexical),
        (DENSE, bool(settings.models)),
        (SPARSE, bool(settings.sparse)),
        (LATE, bool(settings.late)),
    )
    return tuple(name for name, there in have if there)


def _first_of_late(settings: IndexSettings) -> tuple[str, ...]:
    """Where late interaction takes its candidates from: everything cheaper."""
    return tuple(name for name in _kinds(settings) if name != LATE)


def _kind_of(settings: IndexSettings, mode: str) -> str:
    if mode.startswith(f"{DENSE}:"):
        by_model = {model: name for name, model in dense_names(settings).items()}
        return by_model[mode.removeprefix(f"{DENSE}:")]
    return mode
