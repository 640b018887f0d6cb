"""A model that takes training steps, alone or together with its copies in other processes.

The texts of a batch are dealt out among the processes. Each encodes its own, is given all vectors,
and so knows the loss of the whole batch. It carries back what belongs to its own texts; the sum
over the processes is the gradient of the whole batch, whatever the objective. Gradients are summed
before they are clipped, so that all copies take the same step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from acclimate.models.dense import DenseEncoder
from acclimate.settings import TrainSettings
from acclimate.train.batches import Floats, Integers
from acclimate.train.encode import GradientEncoder, Text
from acclimate.train.masters import Masters
from acclimate.train.objectives import Objective, objective
from acclimate.train.team import Team


@dataclass(frozen=True, slots=True)
class Work:
    """A batch with its texts: `passages` passages, then the queries. See `Batch` for the rest."""

    texts: Sequence[Text]
    passages: int
    cells: Integers
    values: Floats
    mask: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Step:
    """Work to learn from; `number` counts from 0."""

    work: Work
    number: int


class Learner:
    """The student of one process, with its masters, its encoder and the objective."""

    def __init__(self, student: DenseEncoder, settings: TrainSettings, team: Team) -> None:
        self.settings = settings
        self.team = team
        self.model = student.model
        # In evaluation mode nothing is dropped out, and gradients flow all the same.
        self.model.train(settings.dropout)
        self.masters = Masters(self.model, settings, settings.max_steps)
        self.encoder = GradientEncoder(
            self.model, student.similarity, settings.micro_batch_size, self.masters.collect, team
        )
        self.objective: Objective = objective(settings.objective, settings.temperature)

    def follow(self) -> None:
        """Do what the first process tells, until it has finished."""
        self.masters.load(self.team.hear())
        while (told := self.team.hear()) is not None:
            if isinstance(told, Step):
                self.step(told)
            else:
                self.loss(told)

    def step(self, step: Step) -> float:
        """Learn from the work; returns its loss before that."""
        settings = self.settings
        # Dropout of its own for every step and every process.
        torch.manual_seed(settings.seed + step.number + self.team.rank * settings.max_steps)
        vectors = self.encoder.encode(step.work.texts)
        loss = self._loss(vectors, step.work)
        torch.autograd.backward(loss)
        if vectors.grad is not None:
            self.encoder.carry_back(vectors.grad)
        self.team.add_up(self.masters.gradients)
        self.masters.step(step.number)
        return float(loss.detach())

    @torch.no_grad()
    def loss(self, work: Work) -> float:
        """The loss of the work, learning nothing from it."""
        self.model.eval()
        loss = float(self._loss(self.encoder.vectors(work.texts), work))
        self.model.train(self.settings.dropout)
        return loss

    def _loss(self, vectors: Tensor, work: Work) -> Tensor:
        passages, queries = vectors[: work.passages], vectors[work.passages :]
        cells = torch.from_numpy(work.cells).to(vectors.device)
        scores = (queries @ passages.T).gather(1, cells) * self.settings.scale
        labels = torch.from_numpy(work.values).to(vectors.device)
        return self.objective(scores, labels, torch.from_numpy(work.mask).to(vectors.device))
