"""Training a picture model on pictures with captions, with the loss of CLIP.

Steps, checkpoints, masters and encoding with gradients are those of every training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from acclimate.models.dense import DenseEncoder
from acclimate.progress import Progress
from acclimate.settings import TrainSettings
from acclimate.train.checkpoints import Checkpoints
from acclimate.train.contrast import Captioned, Pairs, batches, clip_loss, paired
from acclimate.train.course import Course
from acclimate.train.dense import DenseTrainee
from acclimate.train.encode import GradientEncoder, Text
from acclimate.train.masters import Masters
from acclimate.train.sides import KeptSide, LiveSide, Side, keep
from acclimate.train.steps import take_steps
from acclimate.train.towers import Tower, freeze, hold_statistics, towers
from acclimate.train.trainee import prompt_of


@dataclass(frozen=True, slots=True)
class CaptionTask:
    """All that a training on captions is made of.

    `learning` and `held_out` name pictures and captions by their rows; `kept` is the folder for
    what frozen bodies give, which other trainings of the same bodies can share.
    """

    pictures: Sequence[Path]
    captions: Sequence[str]
    learning: Sequence[Captioned]
    held_out: Sequence[Captioned]
    settings: TrainSettings
    kept: Path


def train_captions(
    student: DenseEncoder, task: CaptionTask, folder: Path, progress: Progress
) -> tuple[Course, dict[str, Tensor]]:
    """Train the student; returns how that went, and the weights that learned, at their best.

    Goes on from the last checkpoint in `folder`. The same task gives the same weights. Raises
    UsageError where `train.freeze` does not fit the model.
    """
    training = _CaptionTraining(student, task, folder, progress)
    course = training.checkpoints.resume()
    settings = task.settings
    with progress.task("train", settings.max_steps) as advance:
        take_steps(training, course, settings.save_steps, settings.max_steps, advance)
    return course, training.checkpoints.best()


class _CaptionTraining:
    def __init__(
        self, student: DenseEncoder, task: CaptionTask, folder: Path, progress: Progress
    ) -> None:
        settings = task.settings
        self.task = task
        self.student = student
        freeze(student.model, settings.freeze)
        of_texts, of_pictures = towers(student.model)
        self.masters = Masters(student.model, settings, settings.max_steps)
        self.checkpoints = Checkpoints(folder, self.masters)
        self.scale = settings.scale or DenseTrainee(student).usual_scale
        prompt = prompt_of(student.model.prompts, "query")
        # Bodies are asked as they are in use, before dropout is turned on.
        self.captions = self._side(
            of_texts, [Text(each, prompt) for each in task.captions], "text", progress
        )
        self.pictures = self._side(
            of_pictures, [Text(each, None) for each in task.pictures], "pictures", progress
        )
        self._turn(learning=True)

    def _side(self, tower: Tower, texts: Sequence[Text], name: str, progress: Progress) -> Side:
        if tower.body:
            kept = keep(tower, texts, self.task.kept / name, progress)
            return KeptSide(tower, kept, self.student.similarity, self.masters.collect)
        encoder = GradientEncoder(
            DenseTrainee(self.student), self.task.settings.micro_batch_size, self.masters.collect
        )
        return LiveSide(encoder, texts)

    def from_step(self, step: int) -> Iterator[Pairs]:
        settings = self.task.settings
        endless = batches(self.task.learning, settings.per_device_train_batch_size, settings.seed)
        return islice(endless, step, settings.max_steps)

    def step(self, batch: Pairs, number: int) -> float:
        # Dropout of its own for every step.
        torch.manual_seed(self.task.settings.seed + number)
        pictures, captions = (
            self.pictures.encode(batch.pictures),
            self.captions.encode(batch.captions),
        )
        loss = self._loss(pictures, captions, batch)
        torch.autograd.backward(loss)
        self.pictures.carry_back()
        self.captions.carry_back()
        self.masters.step(number)
        return float(loss.detach())

    def look(self, course: Course, losses: list[float], seconds: float) -> None:
        """Measure the loss on the held-out pictures and all their captions, and note it."""
        self._turn(learning=False)
        held_out = self._held_out_loss()
        self._turn(learning=True)
        self.checkpoints.note(course, losses, held_out, seconds)

    @torch.no_grad()
    def _held_out_loss(self) -> float:
        """The mean over all rounds in which each picture still has a caption."""
        held_out = self.task.held_out
        rows = np.array([each.picture for each in held_out])
        pictures = self.pictures.outputs(rows)
        losses = []
        for turn in range(max(len(each.captions) for each in held_out)):
            present = [n for n, each in enumerate(held_out) if turn < len(each.captions)]
            given = [held_out[n] for n in present]
            pairs = paired(given, [each.captions[turn] for each in given])
            captions = self.captions.outputs(pairs.captions)
            losses.append(float(self._loss(pictures[present], captions, pairs)))
        return float(np.mean(losses))

    def _loss(self, pictures: Tensor, captions: Tensor, pairs: Pairs) -> Tensor:
        also = torch.from_numpy(pairs.also).to(pictures.device)
        return clip_loss(pictures, captions, also, self.scale)

    def _turn(self, *, learning: bool) -> None:
        """Dropout on or off; in evaluation mode gradients flow all the same."""
        self.student.model.train(learning and self.task.settings.dropout)
        hold_statistics(self.student.model)
