"""The model that decided over a hit, as something that scores texts for the query."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acclimate.engine.attribution import ScoreTexts
from acclimate.engine.explain import by_encoder, by_reranker
from acclimate.engine.kinds import LATE, LEXICAL, SPARSE, dense_names
from acclimate.engine.models import Models
from acclimate.engine.modes import kinds_for
from acclimate.engine.settings import IndexSettings
from acclimate.models.encoderscorer import LateScorer
from acclimate.models.sparse import SparseTexts, SparseVector
from acclimate.types import Passage


def decider(
    settings: IndexSettings, models: Models, mode: str, rerank: str, query: str
) -> ScoreTexts | None:
    """The re-ranker if there is one, else the mode's last model; None where BM25 decided alone.

    Of hybrid search, whose parts decide together, it is the dense model: what BM25 adds is told
    term by term already.
    """
    if rerank:
        return by_reranker(models.reranker(rerank), query)
    kinds = [kind for kind in kinds_for(settings, mode) if kind != LEXICAL]
    if not kinds:
        return None
    if LATE in kinds:
        return by_reranker(LateScorer(models.late(settings.late)), query)
    if kinds[0] == SPARSE:
        return by_sparse(models.sparse(settings.sparse), query)
    return by_encoder(models.dense(dense_names(settings)[kinds[0]]), query)


def decides_by_pixels(settings: IndexSettings, mode: str, rerank: str, passage: Passage) -> bool:
    """Whether what decided over a passage is a model that saw its picture, and no word of it."""
    dense = kinds_for(settings, mode)[-1] in dense_names(settings)
    return bool(passage.image) and dense and not rerank


def by_sparse(encoder: SparseTexts, query: str) -> ScoreTexts:
    """How near texts are to a query for a learned sparse encoder."""
    asked = encoder.encode_queries([query])[0]

    def score(texts: Sequence[str]) -> Sequence[float]:
        return [_product(asked, each) for each in encoder.encode_passages(texts)]

    return score


def _product(query: SparseVector, passage: SparseVector) -> float:
    _, here, there = np.intersect1d(
        query.tokens, passage.tokens, assume_unique=True, return_indices=True
    )
    return float(query.weights[here] @ passage.weights[there])
