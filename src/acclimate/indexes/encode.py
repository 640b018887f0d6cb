"""Passages to vectors: texts through a model's tower for texts, pictures through the other one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acclimate.errors import UsageError
from acclimate.models.base import Encoder, PictureEncoder, Vectors
from acclimate.types import Passage


def encode_mixed(encoder: Encoder, passages: Sequence[Passage]) -> Vectors:
    """Vectors of shape (len(passages), dimension), prepared for a dot product.

    A passage with a picture is encoded by the picture alone: its caption is for BM25. Raises
    UsageError where the encoder reads texts only, PictureError where a picture cannot be read.
    """
    rows = [row for row, passage in enumerate(passages) if passage.image]
    if not rows:
        return encoder.encode_passages([passage.content for passage in passages])
    seeing = seeing_encoder(encoder, f"passage {passages[rows[0]].id!r} is a picture")
    vectors = np.empty((len(passages), encoder.dimension), dtype=np.float32)
    vectors[rows] = seeing.encode_pictures([passages[row].image for row in rows])
    others = [row for row, passage in enumerate(passages) if not passage.image]
    if others:
        vectors[others] = encoder.encode_passages([passages[row].content for row in others])
    return vectors


def seeing_encoder(encoder: Encoder, why: str) -> PictureEncoder:
    """The same encoder where it takes pictures; UsageError, which begins with `why`, where not."""
    if isinstance(encoder, PictureEncoder):
        return encoder
    raise UsageError(
        f"{why}, and {encoder.name} reads texts only; name a model of texts and pictures, such as "
        "a CLIP or SigLIP, or search their captions alone with BM25"
    )
