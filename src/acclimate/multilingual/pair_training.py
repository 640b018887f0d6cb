"""Training on translations: both sides are encoded, and a loss compares their vectors.

Encoding with gradients, masters, checkpoints and steps are those of `train/`. The gradient reaches
the whole batch however little of it fits into memory (GradCache, arXiv 2101.06983).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from acclimate.models.base import Vectors
from acclimate.models.dense import DenseEncoder
from acclimate.multilingual.pair_batches import batches
from acclimate.multilingual.pair_settings import PairTrainSettings
from acclimate.multilingual.pair_store import Integers
from acclimate.progress import Progress
from acclimate.train.checkpoints import Checkpoints
from acclimate.train.course import Course
from acclimate.train.dense import DenseTrainee
from acclimate.train.encode import GradientEncoder, Text
from acclimate.train.masters import Masters
from acclimate.train.steps import take_steps
from acclimate.train.trainee import prompt_of


@dataclass(frozen=True, slots=True)
class Lesson:
    """Translations to learn from; wanted: (pairs, dimension), vectors to come close to, if any."""

    pairs: Sequence[tuple[str, str]]
    wanted: Vectors | None = None


#: From the vectors of the sources and of the targets, (pairs, dimension) both, to their mean loss.
PairLoss = Callable[[Tensor, Tensor, Lesson], Tensor]


@dataclass(frozen=True, slots=True)
class PairTask:
    """All that a training on translations is made of.

    `lesson` gives what is learned from rows; `learning` and `held_out` are rows by language.
    """

    lesson: Callable[[Integers], Lesson]
    loss: PairLoss
    learning: Sequence[Integers]
    held_out: Sequence[Integers]
    balance: float
    settings: PairTrainSettings


def train_pairs(student: DenseEncoder, task: PairTask, folder: Path, progress: Progress) -> Course:
    """Train the student in place and leave it with the best weights, in fp32.

    Vectors are compared as the student's similarity prepares them. Goes on from the last checkpoint
    in `folder`. The same task gives the same weights.
    """
    training = _PairTraining(student, task, folder)
    course = training.checkpoints.resume()
    settings = task.settings
    with progress.task("train", settings.max_steps) as advance:
        take_steps(training, course, settings.save_steps, settings.max_steps, advance)
    training.checkpoints.restore_best(student.model)
    return course


class _PairTraining:
    def __init__(self, student: DenseEncoder, task: PairTask, folder: Path) -> None:
        settings = task.settings
        self.task = task
        self.model = student.model
        # In evaluation mode nothing is dropped out, and gradients flow all the same.
        self.model.train(settings.dropout)
        self.masters = Masters(self.model, settings, settings.max_steps)
        self.checkpoints = Checkpoints(folder, self.masters)
        self.encoder = GradientEncoder(
            DenseTrainee(student), settings.micro_batch_size, self.masters.collect
        )
        self.prompt = prompt_of(self.model.prompts, "document", "passage", "corpus")

    def from_step(self, step: int) -> Iterator[Integers]:
        task, settings = self.task, self.task.settings
        endless = batches(
            task.learning, settings.per_device_train_batch_size, task.balance, settings.seed
        )
        return islice(endless, step, settings.max_steps)

    def step(self, batch: Integers, number: int) -> float:
        # Dropout of its own for every step.
        torch.manual_seed(self.task.settings.seed + number)
        lesson = self.task.lesson(batch)
        loss = self.encoder.learn(self._texts(lesson), lambda found: self._loss(found, lesson))
        self.masters.step(number)
        return loss

    def look(self, course: Course, losses: list[float], seconds: float) -> None:
        """Measure the held-out loss, each language counting alike, and save a checkpoint."""
        self.model.eval()
        held_out = [self._held_out_loss(rows) for rows in self.task.held_out]
        self.model.train(self.task.settings.dropout)
        self.checkpoints.note(course, losses, float(np.mean(held_out)), seconds)

    def _held_out_loss(self, rows: Integers) -> float:
        size = self.task.settings.per_device_train_batch_size
        total = 0.0
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            lesson = self.task.lesson(part)
            found = self.encoder.outputs(self._texts(lesson))
            total += float(self._loss(found, lesson)) * len(part)
        return total / len(rows)

    def _texts(self, lesson: Lesson) -> list[Text]:
        """All sources, then all targets."""
        return [Text(pair[side], self.prompt) for side in (0, 1) for pair in lesson.pairs]

    def _loss(self, found: Tensor, lesson: Lesson) -> Tensor:
        count = len(lesson.pairs)
        return self.task.loss(found[:count], found[count:], lesson)
