"""LoRA (Hu et al., arXiv 2106.09685): small factors learn beside weights that stay as they are.

A linear layer y = W x becomes y = W x + up (down x). Only `down`, of shape (rank, inputs), and
`up`, of shape (outputs, rank), are trained, checkpointed and kept in the optimiser; W + up down is
what is delivered, so that the model loads and runs as any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import linear
from transformers import PreTrainedModel

from acclimate.errors import UsageError

#: How the factor ends that only gives `up` a direction; see `merging.mixture`.
DOWN = "lora_down"

Model = TypeVar("Model", bound=nn.Module)


class Factored(nn.Linear):
    """A linear layer with factors: `down` drawn from a Gaussian, `up` zero (section 4.1)."""

    def __init__(self, layer: nn.Linear, rank: int, random: torch.Generator) -> None:
        super().__init__(layer.in_features, layer.out_features, device="meta")
        self.weight, self.bias = layer.weight, layer.bias
        drawn = torch.randn(rank, layer.in_features, generator=random) / layer.in_features**0.5
        self.lora_down = nn.Parameter(drawn.to(layer.weight))
        self.lora_up = nn.Parameter(layer.weight.new_zeros(layer.out_features, rank))

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        return super().forward(input) + linear(linear(input, self.lora_down), self.lora_up)

    def folded(self) -> nn.Linear:
        """The ordinary layer that gives the same."""
        layer = nn.Linear(self.in_features, self.out_features, device="meta")
        layer.weight = nn.Parameter((self.weight + self.lora_up @ self.lora_down).detach())
        layer.bias = self.bias
        return layer


def attach(model: nn.Module, rank: int, seed: int) -> None:
    """Freeze a model's transformers, and give their layers that would learn factors to learn.

    It stays what it is until the first step, since `up` is zero. There is no alpha: to set it is
    to set the learning rate (section 4.1). A head that follows a transformer learns as ever, since
    it may be new. Raises UsageError where there are no such layers.
    """
    layers = [each for part in _transformers(model) for each in _inner(part)]
    if not layers:
        raise UsageError(
            "train.lora_rank: this student has no attention or feed-forward layers that could be "
            "given factors; set it to 0"
        )
    for transformer, _, _ in layers:
        transformer.base_model.requires_grad_(False)
    random = torch.Generator().manual_seed(seed)
    for transformer, name, layer in layers:
        transformer.set_submodule(name, Factored(layer, rank, random))


def folded(model: Model) -> Model:
    """A copy whose factors are added into its weights; the model itself where it has none."""
    if not any(isinstance(each, Factored) for each in model.modules()):
        return model
    whole = deepcopy(model)
    for name, layer in list(whole.named_modules()):
        if isinstance(layer, Factored):
            whole.set_submodule(name, layer.folded())
    return whole


def _transformers(model: nn.Module) -> list[PreTrainedModel]:
    """The transformers in it, without those that are part of another."""
    found = [each for each in model.modules() if isinstance(each, PreTrainedModel)]
    parts = {id(part) for whole in found for part in whole.modules() if part is not whole}
    return [each for each in found if id(each) not in parts]


def _inner(transformer: PreTrainedModel) -> Iterator[tuple[PreTrainedModel, str, nn.Linear]]:
    """Its linear layers of attention and feed-forward, which stand in numbered blocks.

    Poolers and heads stand outside. What is frozen stays as it is.
    """
    for name, layer in transformer.named_modules():
        numbered = any(map(str.isdigit, name.split(".")))
        if type(layer) is nn.Linear and numbered and layer.weight.requires_grad:
            yield transformer, name, layer
