"""Loading a model of sentence-transformers: its own files, safetensors only, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import torch

from acclimate.models.precision import Placement, best_placement
from acclimate.models.resolve import ResolvedModel, resolve

if TYPE_CHECKING:
    from sentence_transformers.base.model import BaseModel

Model = TypeVar("Model", bound="BaseModel")


#: Families whose text tower was trained on texts filled up to a fixed length (Zhai et al., arXiv
#: 2303.15343): it reads the last place, so that without the filling a text's vector would depend
#: on its neighbours in the batch.
_FILLED = ("siglip", "siglip2")


class Loaded(NamedTuple, Generic[Model]):
    """A model in its place, ready to encode, and where it came from."""

    model: Model
    resolved: ResolvedModel
    placement: Placement


def load(
    kind: type[Model], name: str, dtype: str, max_seq_length: int, attention: str | None
) -> Loaded[Model]:
    """Load a local folder, a packaged model or a hub id; see `resolve` for the errors.

    `max_seq_length` 0 keeps the model's own; `attention` is the implementation in transformers'
    words, none leaves it to the library.
    """
    resolved = resolve(name)
    placement = best_placement(dtype)
    model = kind(
        str(resolved.folder),
        device=str(placement.device),
        local_files_only=True,
        model_kwargs={
            "dtype": torch.float32,
            "use_safetensors": True,
            "attn_implementation": attention,
        },
    )
    if max_seq_length:
        model.max_seq_length = max_seq_length
    _fill_texts(model)
    model.to(placement.dtype).eval()
    return Loaded(model, resolved, placement)


def _fill_texts(model: BaseModel) -> None:
    """Have a model fill up its texts where it was trained so, also when it is trained further."""
    first: Any = model[0]
    if getattr(getattr(first, "config", None), "model_type", "") in _FILLED:
        texts = {"padding": "max_length", **first.processing_kwargs.get("text", {})}
        first.processing_kwargs = {**first.processing_kwargs, "text": texts}
