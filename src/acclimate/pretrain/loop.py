"""The loop of every pre-training: passages in, the last step's weights out.

There is no label to hold out, so that no step is better than the last; what pre-training was good
for shows when the model is measured.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from acclimate.pretrain.method import Batch, Method
from acclimate.progress import Progress
from acclimate.settings import PretrainSettings
from acclimate.train.course import Course, TrainPoint
from acclimate.train.masters import Masters
from acclimate.train.saving import sweep

#: What the file of a state puts before the names of the method's own tensors.
_OWN = "method/"


def pretrain(
    method: Method,
    rows: Sequence[int],
    texts: Callable[[Sequence[int]], list[str]],
    settings: PretrainSettings,
    folder: Path,
    progress: Progress,
) -> Course:
    """Pre-train the method's parts in place and leave them with the last weights, in fp32.

    `texts` gives the contents of passages by row, `rows` are those to learn from. Goes on from the
    last checkpoint in `folder`; the same inputs give the same weights.
    """
    method.parts.train()
    masters = Masters(method.parts, settings, settings.max_steps)
    course = _resume(folder, method, masters)
    losses: list[float] = []
    started = time.monotonic()
    with progress.task("pre-train", settings.max_steps) as advance:
        advance(course.step)
        for number, drawn in _steps(rows, settings, course.step):
            losses.append(_step(method, masters, Batch(texts(drawn), *_chance(settings, number))))
            course.step += 1
            advance(1)
            if course.step % settings.save_steps == 0 or course.step == settings.max_steps:
                _note(course, losses, time.monotonic() - started)
                _save(folder, method, masters, course)
                losses, started = [], time.monotonic()
    _finish(method, masters)
    return course


def batches(rows: Sequence[int], size: int, seed: int) -> Iterator[list[int]]:
    """Rows in random order, epoch after epoch without end; the same ones for the same seed."""
    epoch = 0
    while True:
        order = np.random.default_rng((seed, epoch)).permutation(np.asarray(rows))
        # A last batch that is too small is left out: contrastive losses depend on its size.
        for start in range(0, max(1, len(order) - size + 1), size):
            yield order[start : start + size].tolist()
        epoch += 1


def _steps(
    rows: Sequence[int], settings: PretrainSettings, first: int
) -> Iterator[tuple[int, list[int]]]:
    endless = batches(rows, settings.per_device_train_batch_size, settings.seed)
    return islice(enumerate(endless), first, settings.max_steps)


def _chance(settings: PretrainSettings, number: int) -> tuple[int, np.random.Generator]:
    """Chance of its own for every step, so that a resumed one draws what it would have drawn."""
    torch.manual_seed(settings.seed + number)
    return number, np.random.default_rng((settings.seed, number))


def _step(method: Method, masters: Masters, batch: Batch) -> float:
    loss = method.loss(batch)
    torch.autograd.backward(loss)
    masters.collect()
    masters.step(batch.number)
    return float(loss.detach())


def _note(course: Course, losses: Sequence[float], seconds: float) -> None:
    course.seconds += seconds
    course.best_step = course.step
    mean = round(sum(losses) / len(losses), 6)
    course.points.append(TrainPoint(course.step, mean, math.nan, round(course.seconds, 1)))


def _save(folder: Path, method: Method, masters: Masters, course: Course) -> None:
    own = {f"{_OWN}{name}": tensor for name, tensor in method.state().items()}
    tensors = {
        name: tensor.detach().contiguous() for name, tensor in (masters.state() | own).items()
    }
    aside = folder / "state.part"
    save_file(tensors, aside, metadata={"course": json.dumps(asdict(course))})
    aside.replace(folder / "state.safetensors")


def _resume(folder: Path, method: Method, masters: Masters) -> Course:
    """The course of an earlier start, with its weights loaded; else a new one."""
    path = folder / "state.safetensors"
    sweep(folder)
    with suppress(FileNotFoundError, SafetensorError):
        with safe_open(path, framework="pt") as stored:
            noted = json.loads(stored.metadata()["course"])
        tensors = load_file(path)
        masters.load(tensors)
        method.load(_own(tensors))
        points = [TrainPoint(**point) for point in noted.pop("points")]
        return Course(**noted, points=points)
    return Course()


def _own(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(_OWN): tensor for n, tensor in tensors.items() if n.startswith(_OWN)}


@torch.no_grad()
def _finish(method: Method, masters: Masters) -> None:
    method.parts.float().eval()
    masters.refresh()
