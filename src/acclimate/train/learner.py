"""A model that takes training steps, alone or together with its copies in other processes.

The texts of a batch are dealt out among the processes. Each encodes its own, is given all vectors,
and so knows the loss of the whole batch. It carries back what belongs to its own texts; the sum
over the processes is the gradient of the whole batch, whatever the objective. Gradients are summed
before they are clipped, so that all copies take the same step.
"""

from __future__ import annotations

import torch
from torch import Tensor

from acclimate.errors import UsageError
from acclimate.models.dense import DenseEncoder
from acclimate.settings import TrainSettings
from acclimate.train import lora, query_side
from acclimate.train.encode import GradientEncoder
from acclimate.train.masters import Masters
from acclimate.train.objectives import Objective, objective
from acclimate.train.students import Student, trainee_of
from acclimate.train.team import Team
from acclimate.train.work import Step, Work


class Learner:
    """The student of one process, with its masters, its encoder and the objective."""

    def __init__(self, student: Student, settings: TrainSettings, team: Team) -> None:
        if team.size > 1 and not isinstance(student, DenseEncoder):
            raise several_refused(team.size)
        self.settings = settings
        self.team = team
        self.trainee = trainee_of(student, settings)
        self.model = self.trainee.model
        # In evaluation mode nothing is dropped out, and gradients flow all the same.
        self.model.train(settings.dropout)
        if settings.query_only:
            query_side.part(self.model)
        if settings.lora_rank:
            lora.attach(self.model, settings.lora_rank, settings.seed)
        self.masters = Masters(self.model, settings, settings.max_steps)
        self.encoder = GradientEncoder(
            self.trainee, settings.micro_batch_size, self.masters.collect, team
        )
        self.objective: Objective = objective(settings.objective, settings.temperature)
        softmax = settings.objective in ("mnrl", "kl")
        self.scale = settings.scale or (self.trainee.usual_scale if softmax else 1.0)

    def follow(self) -> None:
        """Do what the first process tells, until it has finished."""
        self.masters.load(self.team.hear())
        while (told := self.team.hear()) is not None:
            if isinstance(told, Step):
                self.step(told)
            elif isinstance(told, Work):
                self.loss(told)
            else:
                self.masters.show(told)

    def step(self, step: Step) -> float:
        """Learn from the work; returns its loss before that."""
        settings = self.settings
        # Dropout of its own for every step and every process.
        torch.manual_seed(settings.seed + step.number + self.team.rank * settings.max_steps)
        loss = self.encoder.learn(
            self.trainee.texts(step.work),
            lambda outputs: self._loss(outputs, step.work, step.number),
        )
        self.team.add_up(self.masters.gradients)
        self.masters.step(step.number)
        return loss

    @torch.no_grad()
    def loss(self, work: Work) -> float:
        """The loss of the work, learning nothing from it."""
        self.model.eval()
        outputs = self.encoder.outputs(self.trainee.texts(work))
        # A penalty that grows counts as it will at the end, so that looks can be compared.
        loss = float(self._loss(outputs, work, self.settings.max_steps))
        self.model.train(self.settings.dropout)
        return loss

    def _loss(self, outputs: Tensor, work: Work, step: int) -> Tensor:
        scores = self.trainee.scores(outputs, work) * self.scale
        labels = torch.from_numpy(work.values).to(outputs.device)
        mask = torch.from_numpy(work.mask).to(outputs.device)
        penalty = self.trainee.penalty(outputs, work, step)
        return self.objective(scores, labels, mask) + penalty


def several_refused(processes: int) -> UsageError:
    """Why several processes train no other kind: theirs alone has outputs of one size."""
    return UsageError(
        f"student.kind: {processes} processes can train a dense student together, and no other "
        "kind; start one process, without torchrun"
    )
