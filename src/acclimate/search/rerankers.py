"""From a name to a model that scores pairs; as a re-ranker and as a teacher it is the same."""

from __future__ import annotations

from acclimate.errors import UsageError
from acclimate.models.base import PairScorer
from acclimate.models.cross import CrossScorer
from acclimate.models.encoders import open_encoder
from acclimate.models.encoderscorer import EncoderScorer, LateScorer
from acclimate.models.likelihood import LikelihoodScorer
from acclimate.models.monot5 import MonoT5Scorer
from acclimate.models.multivector import MultiVectorTextEncoder
from acclimate.models.scorers import KINDS


def check_reranker(name: str) -> None:
    """Raise UsageError for a name that is not KIND:NAME, before any model is loaded."""
    kind, _, model = name.partition(":")
    if kind not in KINDS or not model:
        known = ", ".join(f"{kind}:MODEL" for kind in KINDS)
        raise UsageError(f"{name!r} is no re-ranker; name one of {known}")


def open_reranker(name: str, *, max_tokens: int = 350, batch_size: int = 32) -> PairScorer:
    """The model called KIND:NAME, with one of the `KINDS`.

    `max_tokens` bounds what is read of a passage (by a cross-encoder: of query and passage
    together); the two kinds of encoders have their own limits. Raises UsageError for any other
    name, and ModelNotFound.
    """
    check_reranker(name)
    kind, _, model = name.partition(":")
    if kind == "cross-encoder":
        return CrossScorer.load(model, max_tokens=max_tokens, batch_size=batch_size)
    if kind == "monot5":
        return MonoT5Scorer.load(model, max_tokens=max_tokens, batch_size=batch_size)
    if kind == "likelihood":
        return LikelihoodScorer.load(model, max_tokens=max_tokens, batch_size=batch_size)
    if kind == "encoder":
        return EncoderScorer(open_encoder(model))
    return LateScorer(MultiVectorTextEncoder.load(model))
