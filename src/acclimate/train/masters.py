"""fp32 masters of a bf16 model: fast products, and steps that are too small for bf16.

A bf16 weight has 8 bits of precision: an update smaller than 1/256 of it would be lost. The
optimiser therefore works on fp32 copies, to which gradients are added after each micro-batch and
from which the model is refreshed after each step (mixed precision, arXiv 1710.03740).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import torch
from torch import Tensor, nn


class Schedule(Protocol):
    """The settings that decide how far a step goes."""

    @property
    def learning_rate(self) -> float: ...
    @property
    def warmup_steps(self) -> int: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def max_grad_norm(self) -> float: ...


class Masters:
    """The fp32 weights behind a model, with their optimiser and learning-rate schedule."""

    def __init__(self, model: nn.Module, settings: Schedule, steps: int) -> None:
        self.parameters = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self.weights = {
            name: parameter.detach().float().clone() for name, parameter in self.parameters.items()
        }
        self.settings = settings
        self.steps = steps
        for weight in self.weights.values():
            weight.grad = torch.zeros_like(weight)
        decayed, plain = _by_decay(self.weights.items())
        self.optimiser = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": settings.weight_decay},
                {"params": plain, "weight_decay": 0.0},
            ],
            lr=settings.learning_rate,
            fused=True,
        )

    @property
    def gradients(self) -> list[Tensor]:
        """What `collect` has added up since the last step, weight by weight."""
        return [weight.grad for weight in self.weights.values() if weight.grad is not None]

    @torch.no_grad()
    def collect(self) -> None:
        """Add the model's gradients to the masters' and clear them."""
        for name, parameter in self.parameters.items():
            grad = self.weights[name].grad
            if parameter.grad is not None and grad is not None:
                grad.add_(parameter.grad)
                parameter.grad = None

    @torch.no_grad()
    def step(self, number: int) -> None:
        """Clip, update the masters, refresh the model; `number` counts from 0."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * self._share(number)
        nn.utils.clip_grad_norm_(self.weights.values(), self.settings.max_grad_norm)
        self.optimiser.step()
        for gradient in self.gradients:
            gradient.zero_()
        self.refresh()

    def refresh(self) -> None:
        """Round the masters into the model."""
        self.show(self.weights)

    @torch.no_grad()
    def show(self, weights: Mapping[str, Tensor]) -> None:
        """Put these weights into the model, the masters staying as they are."""
        for name, parameter in self.parameters.items():
            parameter.copy_(weights[name])

    def _share(self, number: int) -> float:
        """Linear warm-up, then linear decay to zero."""
        warm = min(self.settings.warmup_steps, self.steps // 2)
        if number < warm:
            return (number + 1) / (warm + 1)
        return (self.steps - number) / max(1, self.steps - warm)

    def state(self) -> dict[str, Tensor]:
        """Weights and moments by name: all that a resumed training needs."""
        tensors = {f"weight/{name}": weight for name, weight in self.weights.items()}
        for name, weight in self.weights.items():
            for part, value in self.optimiser.state[weight].items():
                tensors[f"{part}/{name}"] = value
        return tensors

    @torch.no_grad()
    def load(self, tensors: dict[str, Tensor]) -> None:
        """Go on from a saved state."""
        for name, weight in self.weights.items():
            weight.copy_(tensors[f"weight/{name}"])
            self.optimiser.state[weight] = {
                part: tensors[f"{part}/{name}"].to(weight.device)
                for part in ("step", "exp_avg", "exp_avg_sq")
                if f"{part}/{name}" in tensors
            }
        self.refresh()


def _by_decay(weights: Iterable[tuple[str, Tensor]]) -> tuple[list[Tensor], list[Tensor]]:
    """Matrices decay; biases and norms do not."""
    every = [weight for _, weight in weights]
    return [w for w in every if w.ndim > 1], [w for w in every if w.ndim <= 1]
