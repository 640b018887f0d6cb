"""Loading a model of sentence-transformers: its own files, safetensors only, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

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
    _fit_inputs(model)
    return Loaded(model, resolved, placement)


def _fill_texts(model: BaseModel) -> None:
    """Have a model fill up its texts where it was trained so, also when it is trained further."""
    first: Any = model[0]
    if getattr(getattr(first, "config", None), "model_type", "") in _FILLED:
        texts = {"padding": "max_length", **first.processing_kwargs.get("text", {})}
        first.processing_kwargs = {**first.processing_kwargs, "text": texts}


def fill_in_steps(model: BaseModel, tokens: int) -> None:
    """Have a model fill up its texts to multiples of so many tokens, for processes that live long.

    On a CPU, what is compiled for one shape of a matrix stays in memory for good. Queries of every
    length, in batches of every size, are thousands of shapes; so they are few. Left as they are:
    texts that are filled up already, and a limit that is no such multiple, which would be passed.
    """
    from sentence_transformers.base.modules import Transformer

    for module in model.modules():  # of a router, every way has one
        if not isinstance(module, Transformer) or (module.max_seq_length or 1) % tokens:
            continue
        texts = module.processing_kwargs.get("text", {})
        if "padding" not in texts:
            filled = {"padding": True, "pad_to_multiple_of": tokens, **texts}
            module.processing_kwargs = {**module.processing_kwargs, "text": filled}


def _fit_inputs(model: BaseModel) -> None:
    """Have every module that reads inputs take them in the number type of its weights.

    Pixels come as fp32. Some architectures cast them (CLIP) and some do not (EfficientNet). A hook
    serves whoever runs a tower: encoding, training, and training that starts in its middle.
    """
    from sentence_transformers.base.modules import InputModule

    for module in model.modules():
        if isinstance(module, InputModule):
            module.register_forward_pre_hook(_in_weights_type)


def _in_weights_type(module: nn.Module, given: tuple[dict[str, Any]]) -> tuple[dict[str, Any]]:
    weight = next(module.parameters(), None)
    if weight is None:
        return given
    return ({name: _floats_as(value, weight.dtype) for name, value in given[0].items()},)


def _floats_as(value: Any, dtype: torch.dtype) -> Any:
    """A tensor of floats in that type; token ids and whatever else there is as they are."""
    return value.to(dtype) if isinstance(value, Tensor) and value.is_floating_point() else value
