"""Encoders of texts and of pictures into one space: CLIP, SigLIP and whatever else
sentence-transformers loads that takes both.

A picture is opened by `pictures/` alone. sentence-transformers would itself open a text that looks
like a picture's path or address, and fetch it from wherever it lies; so every text is handed over
as what it is, a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from acclimate.models.base import Vectors
from acclimate.models.dense import DenseEncoder
from acclimate.pictures.read import PictureSource, read_picture

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

#: Pictures that are decoded and encoded at a time, so that few are in memory.
PICTURE_BATCH = 16


@dataclass(frozen=True, slots=True)
class DualEncoder(DenseEncoder):
    """A PictureEncoder over a sentence-transformers model that takes texts and pictures."""

    @classmethod
    def of(cls, encoder: DenseEncoder) -> DualEncoder:
        """The same model, seen as one that takes pictures too."""
        return cls(
            encoder.model,
            encoder.resolved,
            encoder.similarity,
            encoder.placement,
            encoder.identity,
        )

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode([{"text": text} for text in texts], query=True)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode([{"text": text} for text in texts], query=False)

    def encode_pictures(self, pictures: Sequence[PictureSource]) -> Vectors:
        found = [np.zeros((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(pictures), PICTURE_BATCH):
            read = [read_picture(each) for each in pictures[start : start + PICTURE_BATCH]]
            with torch.inference_mode():
                vectors = self.model.encode(
                    read, batch_size=len(read), convert_to_tensor=True, show_progress_bar=False
                )
            found.append(self.similarity.prepare(vectors.float().cpu().numpy()))
        return np.concatenate(found)


def takes_pictures(model: SentenceTransformer) -> bool:
    """Whether a loaded model has a tower for pictures."""
    return "image" in model.modalities
