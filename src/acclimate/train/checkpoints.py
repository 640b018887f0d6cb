"""What a training keeps on disk: its last state, to go on from, and the best weights so far."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from acclimate.train.course import Course, Mixture, TrainPoint
from acclimate.train.masters import Masters
from acclimate.train.saving import sweep


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The files of one training, in a folder of its own."""

    folder: Path
    masters: Masters
    #: Keep the weights of every look.
    keep_all: bool = False

    def resume(self) -> Course:
        """The course of an earlier start, with its weights loaded; else a new one."""
        path = self.folder / "state.safetensors"
        sweep(self.folder)
        with suppress(FileNotFoundError, SafetensorError):
            with safe_open(path, framework="pt") as stored:
                noted = json.loads(stored.metadata()["course"])
            self.masters.load(load_file(path))
            points = [TrainPoint(**point) for point in noted.pop("points")]
            mixtures = [Mixture(**mixed) for mixed in noted.pop("mixtures")]
            return Course(**noted, points=points, mixtures=mixtures)
        return Course()

    def note(
        self, course: Course, losses: list[float], held_out_loss: float, seconds: float
    ) -> None:
        """Add a look to the course and save it; `losses` are those of the steps since the last."""
        # Rounded before it is compared: a loss that stays as it is must not win by its rounding.
        held_out = round(held_out_loss, 6)
        mean = sum(losses) / len(losses) if losses else held_out
        course.seconds += seconds
        point = TrainPoint(course.step, round(mean, 6), held_out, round(course.seconds, 1))
        is_best = not course.points or held_out < course.best_loss
        course.points.append(point)
        if is_best:
            course.best_step = course.step
            _save(self.folder / "best.safetensors", self.masters.weights, {"step": course.step})
        if self.keep_all:
            kept = self.folder / f"step-{course.step:07d}.safetensors"
            _save(kept, self.masters.weights, {"step": course.step})
        self.save(course)

    def save(self, course: Course) -> None:
        """Save the course as it is now, with all that a resumed training needs."""
        _save(self.folder / "state.safetensors", self.masters.state(), asdict(course))

    def best(self) -> dict[str, Tensor]:
        """The weights with the least held-out loss."""
        return load_file(self.folder / "best.safetensors")

    def restore_best(self, model: nn.Module) -> None:
        """Put the best weights into the model, in fp32."""
        model.float().eval()
        self.masters.show(self.best())


def _save(path: Path, tensors: dict[str, Tensor], course: dict[str, Any]) -> None:
    aside = path.with_suffix(".part")
    contiguous = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, aside, metadata={"course": json.dumps(course)})
    aside.replace(path)
