"""Learned sparse encoders: a text becomes weights of vocabulary entries, most of them absent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch

from acclimate.errors import UsageError
from acclimate.models.base import Similarity
from acclimate.models.loading import load
from acclimate.models.precision import Placement
from acclimate.models.resolve import ResolvedModel

if TYPE_CHECKING:
    from sentence_transformers import SparseEncoder

#: Texts per forward pass. A masked language model scores its whole vocabulary at every token: 8
#: texts of 256 tokens and 30,522 entries make 250 MB.
CPU_BATCH = 8
GPU_BATCH = 64


class SparseVector(NamedTuple):
    """The entries of a text that are not 0: increasing token ids and their weights, (entries,)."""

    tokens: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]


class SparseTexts(Protocol):
    """What a learned sparse index needs of a model."""

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str:
        """Changes whenever the weights or the way of encoding change."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> list[SparseVector]: ...

    def encode_passages(self, texts: Sequence[str]) -> list[SparseVector]: ...

    def token(self, number: int) -> str:
        """A token id as people may read it."""
        ...


@dataclass(frozen=True, slots=True)
class SparseTextEncoder:
    """A model of sentence-transformers' SparseEncoder (SPLADE and its kin), with its own prompts.

    Vectors are compared by the dot product; a model that declares the cosine gets them at length 1.
    """

    model: SparseEncoder
    resolved: ResolvedModel
    similarity: Similarity
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
    ) -> SparseTextEncoder:
        """Load a local folder or a hub id; see `resolve` for the errors.

        A masked language model is taken as a SPLADE. `attention` is the implementation in
        transformers' words; none leaves it to the library. Raises UsageError for any other model.
        """
        from sentence_transformers import SparseEncoder

        model, resolved, placement = load(SparseEncoder, name, dtype, max_seq_length, attention)
        _refuse_drawn(model, resolved)
        similarity = _similarity(name, str(model.similarity_fn_name))
        parts = (resolved.identity, similarity.value, model.max_seq_length, placement.label)
        return cls(model, resolved, similarity, placement, "-".join(map(str, parts)))

    @property
    def name(self) -> str:
        return self.resolved.name

    def encode_queries(self, texts: Sequence[str]) -> list[SparseVector]:
        """One vector for each text, in order."""
        return self._encode(texts, query=True)

    def encode_passages(self, texts: Sequence[str]) -> list[SparseVector]:
        """One vector for each text, in order."""
        return self._encode(texts, query=False)

    def token(self, number: int) -> str:
        """The vocabulary's entry; the number itself where dimensions stand for no tokens."""
        from sentence_transformers.sparse_encoder.modules import SparseAutoEncoder

        if any(isinstance(module, SparseAutoEncoder) for module in self.model.modules()):
            return str(number)
        return str(self.model.tokenizer.convert_ids_to_tokens(number) or number)

    def _encode(self, texts: Sequence[str], query: bool) -> list[SparseVector]:
        if not texts:
            return []
        encode = self.model.encode_query if query else self.model.encode_document
        batch = CPU_BATCH if self.placement.device.type == "cpu" else GPU_BATCH
        with torch.inference_mode():
            found = encode(list(texts), batch_size=batch, show_progress_bar=False)
            found = found.float().cpu().coalesce()
        rows, tokens = found.indices().numpy()
        weights = found.values().numpy()
        if self.similarity is Similarity.COSINE:
            lengths = np.sqrt(np.bincount(rows, weights.astype(np.float64) ** 2, len(texts)))
            weights = (weights / lengths[rows]).astype(np.float32)
        cuts = np.searchsorted(rows, np.arange(1, len(texts)))
        return [
            SparseVector(entry, weight)
            for entry, weight in zip(
                np.split(tokens.astype(np.int32), cuts), np.split(weights, cuts), strict=True
            )
        ]


def _refuse_drawn(model: SparseEncoder, resolved: ResolvedModel) -> None:
    """Refuse an auto-encoder that is not the model's own.

    The library sets one with random weights on top of whatever gives no sparse vectors.
    """
    from sentence_transformers.sparse_encoder.modules import SparseAutoEncoder

    modules = resolved.folder / "modules.json"
    saved = modules.read_text(encoding="utf-8") if modules.exists() else ""
    added = any(isinstance(module, SparseAutoEncoder) for module in model.children())
    if added and SparseAutoEncoder.__name__ not in saved:
        raise UsageError(
            f"{resolved.name} is neither a sparse encoder nor a masked language model "
            f"(architecture {_architecture(model)}); name a SPLADE model, or a masked language "
            "model to train one from"
        )


def _architecture(model: SparseEncoder) -> str:
    named = getattr(getattr(model[0], "config", None), "architectures", None)
    return ", ".join(named or ["unknown"])


def _similarity(name: str, declared: str) -> Similarity:
    if declared in (Similarity.DOT.value, Similarity.COSINE.value):
        return Similarity(declared)
    raise UsageError(
        f"{name} compares by {declared}, which an inverted index cannot search; take a sparse "
        "encoder that declares dot or cosine"
    )
