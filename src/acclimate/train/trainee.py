"""The seam between the training and the four kinds of student.

A work's texts become outputs, outputs become scores, and scores a loss. Encoding with gradients,
batches, objectives, steps and checkpoints are the same for every kind; one file a kind says what
its outputs are and how they are compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from acclimate.train.encode import Text
from acclimate.train.work import Work

if TYPE_CHECKING:
    from sentence_transformers.base.model import BaseModel

#: One over the temperature with which a softmax over cosines is usually sharpened.
COSINE_SCALE = 20.0


class Trainee(Protocol):
    """A student while it is trained."""

    @property
    def model(self) -> BaseModel:
        """The module that learns."""
        ...

    @property
    def reads_pairs(self) -> bool:
        """Whether a query and a passage are read together, so that each comparison costs."""
        ...

    @property
    def usual_scale(self) -> float:
        """What its scores are multiplied with in a softmax, where no setting decides."""
        ...

    @property
    def graph_weight(self) -> int:
        """How much memory a token's graph takes, beside a bi-encoder's."""
        ...

    @property
    def width(self) -> int:
        """The length of an output; 0 where no team trains this kind."""
        ...

    def texts(self, work: Work) -> list[Text]:
        """What is read for the work, one output each."""
        ...

    def outputs(self, features: dict[str, Any], task: str | None) -> Tensor:
        """The outputs of one micro-batch, shape (texts, ...), in fp32."""
        ...

    def scores(self, outputs: Tensor, work: Work) -> Tensor:
        """Shape (queries, candidates), from the outputs of all of the work's texts."""
        ...

    def penalty(self, outputs: Tensor, work: Work, step: int) -> Tensor | float:
        """What is added to the loss at a step, which counts from 0."""
        ...


def prompted(model: BaseModel, work: Work, tasks: tuple[str | None, str | None]) -> list[Text]:
    """The passages, then the queries, with the prompts that they will be encoded with.

    `tasks` are a passage's and a query's, for models that treat them differently.
    """
    of_passages = prompt_of(model.prompts, "document", "passage", "corpus")
    of_queries = prompt_of(model.prompts, "query")
    passages = [Text(content, of_passages, tasks[0]) for content in work.passages]
    return passages + [Text(content, of_queries, tasks[1]) for content in work.queries]


def dot_products(outputs: Tensor, work: Work) -> Tensor:
    """Each query's vector with its candidates' vectors, shape (queries, candidates)."""
    passages, queries = apart(outputs, work)
    return at_cells(queries @ passages.T, work)


def apart(outputs: Tensor, work: Work) -> tuple[Tensor, Tensor]:
    """The outputs of the passages and those of the queries."""
    return outputs[: len(work.passages)], outputs[len(work.passages) :]


def at_cells(scores: Tensor, work: Work) -> Tensor:
    """Of scores of shape (queries, passages) those of each query's candidates."""
    return scores.gather(1, torch.from_numpy(work.cells).to(scores.device))


def prompt_of(prompts: Mapping[str, str | None], *names: str) -> str | None:
    """The prompt that sentence-transformers puts before such texts: the first of these names."""
    return next((prompts[name] for name in names if name in prompts), None) or None
