"""Bi-encoders: any sentence-transformers model, encoded by length so that little is padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from acclimate.errors import UsageError
from acclimate.models.base import Similarity, Vectors
from acclimate.models.loading import load
from acclimate.models.precision import Placement
from acclimate.models.resolve import ResolvedModel

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modality_types import SingleInput

#: Texts per forward pass; small batches stay in a CPU's cache (bench/encode.py compares sizes).
CPU_BATCH = 16
GPU_BATCH = 256


@dataclass(frozen=True, slots=True)
class DenseEncoder:
    """An Encoder over a sentence-transformers model, with its own prompts and similarity."""

    model: SentenceTransformer
    resolved: ResolvedModel
    similarity: Similarity
    placement: Placement
    identity: str

    @classmethod
    def load(
        cls,
        name: str,
        *,
        similarity: str = "auto",
        dtype: str = "auto",
        max_seq_length: int = 0,
        attention: str | None = None,
    ) -> DenseEncoder:
        """Load a local folder, a packaged model or a hub id; see `resolve` for the errors.

        `attention` is the implementation in transformers' words; none leaves it to the library.
        """
        from sentence_transformers import SentenceTransformer

        model, resolved, placement = load(
            SentenceTransformer, name, dtype, max_seq_length, attention
        )
        compared = choose_similarity(model, similarity)
        # Wherever the model is saved, whoever loads it compares vectors in the same way.
        model.similarity_fn_name = compared.value
        identity = f"{resolved.identity}-{compared.value}-{model.max_seq_length}-{placement.label}"
        return cls(model, resolved, compared, placement, identity)

    @property
    def name(self) -> str:
        return self.resolved.name

    @property
    def dimension(self) -> int:
        return int(self.model.get_embedding_dimension() or 0)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, query=True)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, query=False)

    def _encode(self, texts: Sequence[SingleInput], query: bool) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        encode = self.model.encode_query if query else self.model.encode_document
        batch = CPU_BATCH if self.placement.device.type == "cpu" else GPU_BATCH
        with torch.inference_mode():
            vectors = encode(
                list(texts), batch_size=batch, convert_to_tensor=True, show_progress_bar=False
            )
        return self.similarity.prepare(vectors.float().cpu().numpy())


def choose_similarity(model: SentenceTransformer, wanted: str) -> Similarity:
    """What the model declares, or what the user decides."""
    declared = str(model.similarity_fn_name or "cosine") if wanted == "auto" else wanted
    if declared.endswith("cosine"):
        return Similarity.COSINE
    if declared.endswith("dot"):
        return Similarity.DOT
    raise UsageError(
        f"similarity {declared!r} cannot be searched; set student.similarity to dot or cosine"
    )
