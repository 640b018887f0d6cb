"""Encoding with gradients, in micro-batches, without running out of memory.

Graphs are kept for as many tokens as fit a budget; what is beyond it is encoded without a graph
first and once more when its gradient is known (GradCache, arXiv 2101.06983). The gradient is the
same either way, and a batch that fits is encoded only once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from acclimate.models.base import Similarity
from acclimate.train.team import ALONE, Team

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

#: Tokens whose graphs are kept: 2 GiB or so for six layers of 384, 8 GiB for six of 768.
GRAPH_TOKENS = 16_384


@dataclass(frozen=True, slots=True)
class Text:
    """A text with the prompt that its role asks for."""

    content: str
    prompt: str | None


@dataclass(slots=True)
class Part:
    """One micro-batch: its places in the batch, and its vectors with their graph if kept."""

    places: list[int]
    features: dict[str, Any]
    #: The random states before its first encoding, to repeat its dropout.
    random: list[Tensor] = field(default_factory=list)
    vectors: Tensor | None = None


@dataclass(slots=True)
class GradientEncoder:
    """Encodes texts so that a gradient with respect to the vectors can be carried back.

    The processes of a team encode a share each, and all get the vectors of all texts.
    """

    model: SentenceTransformer
    similarity: Similarity
    micro_batch_size: int
    #: Called after each micro-batch's gradients stand in the model.
    collect: Callable[[], None]
    team: Team = ALONE
    _parts: list[Part] = field(default_factory=list, init=False)

    def encode(self, texts: Sequence[Text]) -> Tensor:
        """Vectors of shape (texts, dimension) in fp32, as a leaf that collects a gradient."""
        self._parts = []
        found: list[tuple[list[int], Tensor]] = []
        kept = 0
        for part in self._micro_batches(texts):
            kept += part.features["input_ids"].numel()
            keep = kept <= GRAPH_TOKENS
            part.random = self._random_states()
            with torch.set_grad_enabled(keep):
                vectors = self._forward(part.features)
            part.vectors = vectors if keep else None
            self._parts.append(part)
            found.append((part.places, vectors.detach()))
        return self._together(found, len(texts)).requires_grad_()

    def carry_back(self, gradient: Tensor) -> None:
        """Back-propagate the gradient of `encode`'s result into the model."""
        after = self._random_states()
        for part in self._parts:
            if part.vectors is None:
                self._set_random(part.random)  # the same dropout as the first time
                part.vectors = self._forward(part.features)
            torch.autograd.backward(part.vectors, gradient[part.places])
            part.vectors = None
            self.collect()
        self._set_random(after)
        self._parts = []

    @torch.no_grad()
    def vectors(self, texts: Sequence[Text]) -> Tensor:
        """Vectors without gradients, shape (texts, dimension)."""
        found = [(part.places, self._forward(part.features)) for part in self._micro_batches(texts)]
        return self._together(found, len(texts))

    def _together(self, found: Sequence[tuple[list[int], Tensor]], count: int) -> Tensor:
        """Each text's vector at its place: those found here, and those of the other processes."""
        # A process has found none where there are fewer texts than processes.
        width = found[0][1].shape[1] if found else self.model.get_embedding_dimension() or 0
        whole = torch.zeros((count, width), device=self.model.device)
        if found:
            order = torch.tensor([place for places, _ in found for place in places])
            whole.index_copy_(
                0, order.to(whole.device), torch.cat([vectors for _, vectors in found])
            )
        self.team.add_up([whole])
        return whole

    def _micro_batches(self, texts: Sequence[Text]) -> list[Part]:
        """Texts of like length and one prompt together, so that little is padding."""
        order = self.team.share(
            sorted(
                range(len(texts)),
                key=lambda place: (texts[place].prompt or "", len(texts[place].content)),
            )
        )
        parts: list[Part] = []
        start = 0
        while start < len(order):
            prompt = texts[order[start]].prompt
            # As many short texts as make up the work of `micro_batch_size` long ones.
            places: list[int] = []
            for place in order[start:]:
                longest = min(len(texts[place].content), 1200)
                if texts[place].prompt != prompt or (
                    places and longest * (len(places) + 1) > 1200 * self.micro_batch_size
                ):
                    break
                places.append(place)
            contents = [texts[place].content for place in places]
            features = self.model.preprocess(contents, prompt=prompt)
            on_device = {
                # What is no tensor tells the pooling how long the prompt is.
                name: value.to(self.model.device) if isinstance(value, Tensor) else value
                for name, value in features.items()
            }
            parts.append(Part(places, on_device))
            start += len(places)
        return parts

    def _forward(self, features: dict[str, Any]) -> Tensor:
        vectors: Tensor = self.model(dict(features))["sentence_embedding"].float()
        if self.similarity is Similarity.COSINE:
            vectors = torch.nn.functional.normalize(vectors, dim=1)
        return vectors

    def _random_states(self) -> list[Tensor]:
        """Of the CPU, and of the GPU that the model is on, whose dropout it decides."""
        states = [torch.get_rng_state()]
        if self.model.device.type == "cuda":
            states.append(torch.cuda.get_rng_state(self.model.device))
        return states

    def _set_random(self, states: list[Tensor]) -> None:
        torch.set_rng_state(states[0])
        for state in states[1:]:
            torch.cuda.set_rng_state(state, self.model.device)
