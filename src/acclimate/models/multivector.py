"""Multi-vector encoders: a vector for every token, as ColBERT has them (Khattab and Zaharia, 2020).

A query's score for a passage is MaxSim: each of the query's vectors takes the passage's vector that
it agrees with best, and these dot products are added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from acclimate.models.base import Vectors
from acclimate.models.loading import load
from acclimate.models.precision import Placement
from acclimate.models.resolve import ResolvedModel

if TYPE_CHECKING:
    from sentence_transformers import MultiVectorEncoder

#: Texts per forward pass, as for one vector a text.
CPU_BATCH = 16
GPU_BATCH = 256


class TokenVectors(Protocol):
    """What late interaction needs of a model."""

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str:
        """Changes whenever the weights or the way of encoding change."""
        ...

    @property
    def dimension(self) -> int: ...

    def encode_queries(self, texts: Sequence[str]) -> list[Vectors]:
        """For each text the vectors of its tokens, shape (tokens, dimension), for plain MaxSim."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> list[Vectors]:
        """For each text the vectors of its tokens, shape (tokens, dimension), for plain MaxSim."""
        ...


@dataclass(frozen=True, slots=True)
class MultiVectorTextEncoder:
    """A model of sentence-transformers' MultiVectorEncoder, with its own prompts and masks.

    It reads models of PyLate and of the Stanford ColBERT code too. One that declares MeanMaxSim
    has its queries' vectors divided by their number, which makes plain MaxSim of it.
    """

    model: MultiVectorEncoder
    resolved: ResolvedModel
    placement: Placement
    identity: str

    @classmethod
    def load(
        cls,
        name: str,
        *,
        dtype: str = "auto",
        max_seq_length: int = 0,
        attention: str | None = None,
    ) -> MultiVectorTextEncoder:
        """Load a local folder or a hub id; see `resolve` for the errors.

        `attention` is the implementation in transformers' words; none leaves it to the library.
        """
        from sentence_transformers import MultiVectorEncoder

        model, resolved, placement = load(
            MultiVectorEncoder, name, dtype, max_seq_length, attention
        )
        parts = (resolved.identity, model.similarity_fn_name, model.max_seq_length, placement.label)
        return cls(model, resolved, placement, "-".join(map(str, parts)))

    @property
    def name(self) -> str:
        return self.resolved.name

    @property
    def dimension(self) -> int:
        return int(self.model.get_embedding_dimension() or 0)

    def encode_queries(self, texts: Sequence[str]) -> list[Vectors]:
        """A float32 array of shape (tokens, dimension) for each text, in order."""
        found = self._encode(texts, query=True)
        if self.model.similarity_fn_name == "meanmaxsim":
            return [vectors / np.float32(max(1, len(vectors))) for vectors in found]
        return found

    def encode_passages(self, texts: Sequence[str]) -> list[Vectors]:
        """A float32 array of shape (tokens, dimension) for each text, in order."""
        return self._encode(texts, query=False)

    def _encode(self, texts: Sequence[str], query: bool) -> list[Vectors]:
        if not texts:
            return []
        encode = self.model.encode_query if query else self.model.encode_document
        batch = CPU_BATCH if self.placement.device.type == "cpu" else GPU_BATCH
        with torch.inference_mode():
            found = encode(list(texts), batch_size=batch, show_progress_bar=False)
            return [vectors.float().cpu().numpy() for vectors in found]
