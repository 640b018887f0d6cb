"""The training loop: batches in, the weights that served held-out queries best out.

Our own loop instead of a general trainer because it is several times faster on a CPU (measured in
bench/train.py): bf16 weights with fp32 masters, each distinct passage of a batch encoded once,
micro-batches by length, and no dropout where a recipe leaves it out.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor

from acclimate.progress import Progress
from acclimate.settings import TrainSettings
from acclimate.train.batches import Batch, Example, assembler, batches
from acclimate.train.checkpoints import Checkpoints
from acclimate.train.course import Course, Mixture
from acclimate.train.learner import Learner
from acclimate.train.merging import Weights, mixture
from acclimate.train.query_side import restore_passages
from acclimate.train.steps import take_steps
from acclimate.train.students import Student
from acclimate.train.team import ALONE, Team
from acclimate.train.work import Step, Work

#: Candidates that a held-out query is compared with while training.
HELD_OUT_CANDIDATES = 8
#: Held-out queries looked at while training.
HELD_OUT_QUERIES = 64
#: Changes when the same task would be trained otherwise, so that older weights are not taken up.
VERSION = 3

Texts = Callable[[Sequence[int]], list[str]]


@dataclass(frozen=True, slots=True)
class Task:
    """All that a training is made of. `texts` gives the contents of passages by row.

    `until` is the step to stop at before the last, 0 for none: another task goes on from there.
    """

    examples: Sequence[Example]
    held_out: Sequence[Example]
    texts: Texts
    vectors: npt.NDArray[np.floating[Any]]
    settings: TrainSettings
    topics_seed: int
    until: int = 0


def train(
    student: Student, task: Task, folder: Path, progress: Progress, team: Team = ALONE
) -> Course:
    """Train the student in place and leave it with the best weights, in fp32.

    Where the task stops before the last step, it is left with the weights of that step. Goes on
    from the last checkpoint in `folder`. The same task gives the same weights. Where there is a
    team, this is for its first process; the others call `Learner.follow` meanwhile.
    """
    loop = _Loop(student, task, folder, team)
    course = loop.checkpoints.resume()
    team.tell({name: each.cpu() for name, each in loop.learner.masters.state().items()})
    settings = task.settings
    with progress.task("train", settings.max_steps) as advance:
        take_steps(loop, course, settings.save_steps, loop.end, advance)
    if settings.merge and course.best_step and not task.until and not course.mixtures:
        loop.mix(course)
    team.tell(None)  # finished
    loop.leave(course)
    return course


class _Loop:
    def __init__(self, student: Student, task: Task, folder: Path, team: Team) -> None:
        self.task = task
        self.team = team
        self.model = student.model
        self.origin = student.resolved.folder
        self.end = task.until or task.settings.max_steps
        self.learner = Learner(student, task.settings, team)
        self.masters = self.learner.masters
        self.checkpoints = Checkpoints(folder, self.masters, task.settings.keep_checkpoints)
        #: The weights before any step, if they are to be mixed with the adapted ones.
        self.original = _on_cpu(self.masters.weights) if task.settings.merge else {}
        # Where texts are encoded apart, comparing a query with the whole batch costs nothing.
        self.in_batch = not self.learner.trainee.reads_pairs
        self.watched = _watched(task, self.in_batch)

    def from_step(self, step: int) -> Iterator[Batch]:
        """The batches that are still to come, each for all processes together."""
        task, settings = self.task, self.task.settings
        size = settings.per_device_train_batch_size * self.team.size
        whole = replace(settings, per_device_train_batch_size=size)
        endless = batches(
            task.examples, task.vectors, whole, task.topics_seed, in_batch=self.in_batch
        )
        return islice(endless, step, self.end)

    def step(self, batch: Batch, number: int) -> float:
        return self.learner.step(self.team.tell(Step(self._work(batch), number)))

    def look(self, course: Course, losses: list[float], seconds: float) -> None:
        """Measure the held-out loss, note it, and save a checkpoint."""
        self.checkpoints.note(course, losses, self._held_out_loss(), seconds)

    def mix(self, course: Course) -> None:
        """Measure mixtures of the best weights with the original ones, and save what was found."""
        best = self.checkpoints.best()
        for share in self.task.settings.merge:
            self.masters.show(self.team.tell(mixture(self.original, best, share)))
            course.mixtures.append(Mixture(share, round(self._held_out_loss(), 6)))
        self.checkpoints.save(course)

    def leave(self, course: Course) -> None:
        """Put into the student, in fp32, what the training was for."""
        weights: Weights = self.masters.weights if self.task.until else self.checkpoints.best()
        if course.mixtures:
            weights = mixture(self.original, weights, course.share)
        self.model.float().eval()
        self.masters.show(weights)
        if self.task.settings.query_only:
            restore_passages(self.model, self.origin)

    def _work(self, batch: Batch) -> Work:
        passages = self.task.texts(batch.passages)
        return Work(passages, batch.queries, batch.cells, batch.values, batch.mask)

    def _held_out_loss(self) -> float:
        losses = [self.learner.loss(self.team.tell(self._work(batch))) for batch in self.watched]
        return sum(losses) / len(losses) if losses else 0.0


@torch.no_grad()
def load_weights(model: torch.nn.Module, path: Path) -> None:
    """Put the weights of a look, as the loop saved them, into the model that was trained."""
    weights = load_file(path)
    for name, parameter in model.named_parameters():
        if name in weights:
            parameter.copy_(weights[name])


def _watched(task: Task, in_batch: bool) -> list[Batch]:
    """The same few held-out queries at every look, with their first candidates.

    An objective that takes no labels looks at no more negatives than it trains with: mined ones
    may be relevant, and nothing here would say so.
    """
    settings = task.settings
    unlabelled = settings.objective == "mnrl"
    most = min(HELD_OUT_CANDIDATES, 1 + settings.negatives) if unlabelled else HELD_OUT_CANDIDATES
    few = [
        replace(each, rows=each.rows[:most], values=each.values[:most])
        for each in watched(task.held_out, task.topics_seed)
    ]
    put_together = assembler(task.held_out, in_batch and unlabelled)
    return [put_together(few[start : start + 16]) for start in range(0, len(few), 16)]


def watched(held_out: Sequence[Example], seed: int) -> list[Example]:
    """Those that choose the step: drawn from all, and of each query one before a second of any.

    They come in the order of the corpus, of which the first few would be a corner.
    """
    drawn = random.Random(seed).sample(list(held_out), len(held_out))  # noqa: S311
    turns: Counter[str] = Counter()
    turn = []
    for each in drawn:
        turn.append(turns[each.query])
        turns[each.query] += 1
    order = sorted(range(len(drawn)), key=turn.__getitem__)
    return [drawn[place] for place in order[:HELD_OUT_QUERIES]]


def _on_cpu(weights: Weights) -> dict[str, Tensor]:
    """Copies, which no step changes."""
    return {name: weight.detach().cpu().clone() for name, weight in weights.items()}
