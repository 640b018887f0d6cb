"""Encoding with gradients, in micro-batches, without running out of memory.

Graphs are kept for as many tokens as fit a budget; what is beyond it is encoded without a graph
first and once more when its gradient is known (GradCache, arXiv 2101.06983). The gradient is the
same either way, and a batch that fits is encoded only once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from acclimate.pictures.read import read_picture
from acclimate.train.team import ALONE, Team

if TYPE_CHECKING:
    from sentence_transformers.base.model import BaseModel

    from acclimate.train.trainee import Trainee

#: Tokens whose graphs are kept: 2 GiB or so for six layers of 384, 8 GiB for six of 768.
GRAPH_TOKENS = 16_384
#: What a picture counts as, in characters where micro-batches are made ...
PICTURE_LENGTH = 1200
#: ... and in tokens where graphs are kept: one for so many numbers, as in a ViT of patch size 16.
NUMBERS_PER_TOKEN = 3 * 16 * 16


@dataclass(frozen=True, slots=True)
class Text:
    """A text, a query and a passage to be read together, or a picture's file.

    The prompt and the task are what its role asks for.
    """

    content: str | tuple[str, str] | Path
    prompt: str | None
    task: str | None = None

    @property
    def length(self) -> int:
        """In characters."""
        if isinstance(self.content, Path):
            return PICTURE_LENGTH
        return len(self.content) if isinstance(self.content, str) else sum(map(len, self.content))


@dataclass(slots=True)
class Part:
    """One micro-batch: its places in the batch, and its outputs with their graph if kept."""

    places: list[int]
    features: dict[str, Any]
    task: str | None
    #: The random states before its first encoding, to repeat its dropout.
    random: list[Tensor] = field(default_factory=list)
    outputs: Tensor | None = None


@dataclass(slots=True)
class GradientEncoder:
    """Encodes texts so that a gradient with respect to the outputs can be carried back.

    The processes of a team encode a share each, and all get the outputs of all texts.
    """

    trainee: Trainee
    micro_batch_size: int
    #: Called after each micro-batch's gradients stand in the model.
    collect: Callable[[], None]
    team: Team = ALONE
    _parts: list[Part] = field(default_factory=list, init=False)

    def encode(self, texts: Sequence[Text]) -> Tensor:
        """Outputs of shape (texts, ...) in fp32, as a leaf that collects a gradient."""
        self._parts = []
        found: list[tuple[list[int], Tensor]] = []
        kept = 0
        for part in self._micro_batches(texts):
            kept += _tokens(part.features) * self.trainee.graph_weight
            keep = kept <= GRAPH_TOKENS
            part.random = self._random_states()
            with torch.set_grad_enabled(keep):
                outputs = self._forward(part)
            part.outputs = outputs if keep else None
            self._parts.append(part)
            found.append((part.places, outputs.detach()))
        return self._together(found, len(texts)).requires_grad_()

    def carry_back(self, gradient: Tensor) -> None:
        """Back-propagate the gradient of `encode`'s result into the model."""
        after = self._random_states()
        for part in self._parts:
            if part.outputs is None:
                self._set_random(part.random)  # the same dropout as the first time
                part.outputs = self._forward(part)
            if part.outputs.requires_grad:  # not so where these texts' weights are frozen
                torch.autograd.backward(part.outputs, gradient[_section(part.places, part.outputs)])
            part.outputs = None
            self.collect()
        self._set_random(after)
        self._parts = []

    def learn(self, texts: Sequence[Text], loss_of: Callable[[Tensor], Tensor]) -> float:
        """Carry the gradient of a loss of all outputs back into the model; returns the loss."""
        outputs = self.encode(texts)
        loss = loss_of(outputs)
        torch.autograd.backward(loss)
        if outputs.grad is not None:
            self.carry_back(outputs.grad)
        return float(loss.detach())

    @torch.no_grad()
    def outputs(self, texts: Sequence[Text]) -> Tensor:
        """Outputs without gradients, shape (texts, ...)."""
        found = [(part.places, self._forward(part)) for part in self._micro_batches(texts)]
        return self._together(found, len(texts))

    def _together(self, found: Sequence[tuple[list[int], Tensor]], count: int) -> Tensor:
        """Each text's outputs at its place: those found here, and those of the other processes.

        Where some are longer than others, as the token vectors of texts are, zeros fill them up.
        """
        shapes = [outputs.shape[1:] for _, outputs in found]
        # A process has found none where there are fewer texts than processes.
        longest = (
            [max(sizes) for sizes in zip(*shapes, strict=True)] if found else [self.trainee.width]
        )
        whole = torch.zeros((count, *longest), device=self._device)
        for places, outputs in found:
            whole[_section(places, outputs)] = outputs
        self.team.add_up([whole])
        return whole

    @property
    def _device(self) -> torch.device:
        return self.trainee.model.device

    def _micro_batches(self, texts: Sequence[Text]) -> list[Part]:
        """Texts of like length, one prompt and one task together, so that little is padding."""
        order = self.team.share(
            sorted(range(len(texts)), key=lambda place: (*_role(texts[place]), texts[place].length))
        )
        parts: list[Part] = []
        start = 0
        while start < len(order):
            first = texts[order[start]]
            # As many short texts as make up the work of `micro_batch_size` long ones.
            places: list[int] = []
            for place in order[start:]:
                longest = min(texts[place].length, 1200)
                if _role(texts[place]) != _role(first) or (
                    places and longest * (len(places) + 1) > 1200 * self.micro_batch_size
                ):
                    break
                places.append(place)
            parts.append(
                Part(places, self._features([texts[place] for place in places]), first.task)
            )
            start += len(places)
        return parts

    def _features(self, texts: Sequence[Text]) -> dict[str, Any]:
        """Tokens of texts that share a prompt and a task, on the model's device."""
        task = {"task": texts[0].task} if texts[0].task else {}
        features = self.trainee.model.preprocess(
            [as_input(text.content, self.trainee.model) for text in texts],
            prompt=texts[0].prompt,
            **task,
        )
        return {
            # What is no tensor tells the pooling how long the prompt is.
            name: value.to(self._device) if isinstance(value, Tensor) else value
            for name, value in features.items()
        }

    def _forward(self, part: Part) -> Tensor:
        return self.trainee.outputs(dict(part.features), part.task)

    def _random_states(self) -> list[Tensor]:
        """Of the CPU, and of the GPU that the model is on, whose dropout it decides."""
        states = [torch.get_rng_state()]
        if self._device.type == "cuda":
            states.append(torch.cuda.get_rng_state(self._device))
        return states

    def _set_random(self, states: list[Tensor]) -> None:
        torch.set_rng_state(states[0])
        for state in states[1:]:
            torch.cuda.set_rng_state(state, self._device)


def _section(places: list[int], outputs: Tensor) -> tuple[list[int] | slice, ...]:
    """Where these outputs stand among those of all texts, some of which are longer."""
    return (places, *(slice(size) for size in outputs.shape[1:]))


def _role(text: Text) -> tuple[bool, str, str]:
    return isinstance(text.content, Path), text.prompt or "", text.task or ""


def as_input(content: str | tuple[str, str] | Path, model: BaseModel) -> Any:
    """What sentence-transformers takes: a picture opened by us, a text as a text.

    A model of pictures would itself open, or fetch, what a text names as a file or an address.
    """
    if isinstance(content, Path):
        return read_picture(content)
    return {"text": content} if "image" in model.modalities else content


def _tokens(features: dict[str, Any]) -> int:
    """How large a graph the features make."""
    if "input_ids" in features:
        return int(features["input_ids"].numel())
    return int(features["pixel_values"].numel()) // NUMBERS_PER_TOKEN
