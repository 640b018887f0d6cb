"""Texts to vectors with their graphs, for batches small enough to be kept whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.nn.functional import normalize

from acclimate.models.base import Similarity
from acclimate.models.dense import DenseEncoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

QUERY = ("query",)
PASSAGE = ("document", "passage", "corpus")


def vectors(student: DenseEncoder, texts: Sequence[str], role: Sequence[str]) -> Tensor:
    """As the student compares them, shape (texts, dimension), in fp32; `role` names the prompt."""
    model = student.model
    found = _forward(model, texts, role)["sentence_embedding"].float()
    return normalize(found, dim=1) if student.similarity is Similarity.COSINE else found


def pooled(model: SentenceTransformer, features: dict[str, Any]) -> Tensor:
    """What pooling makes of the tokens, before any normalisation, in fp32."""
    from sentence_transformers.sentence_transformer.modules import Normalize

    for module in model:
        # Its length would be lost, which a decoder or a plain dot product can tell apart.
        features = features if isinstance(module, Normalize) else module(features)
    found: Tensor = features["sentence_embedding"]
    return found.float()


def _forward(model: SentenceTransformer, texts: Sequence[str], role: Sequence[str]) -> Any:
    prompt = next((model.prompts[name] for name in role if name in model.prompts), None)
    return model(on_device(model, model.preprocess(list(texts), prompt=prompt or None)))


def on_device(model: SentenceTransformer, features: dict[str, Any]) -> dict[str, Any]:
    """The same features where the model is."""
    return {
        name: value.to(model.device) if isinstance(value, Tensor) else value
        for name, value in features.items()
    }
