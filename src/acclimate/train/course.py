"""What a training went through, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TrainPoint:
    """A look at the training: mean training loss since the last one, and the held-out loss."""

    step: int
    loss: float
    held_out_loss: float
    seconds: float


@dataclass(slots=True)
class Course:
    """How far a training has come; `best_step` 0 means that no step beat the start."""

    step: int = 0
    best_step: int = 0
    seconds: float = 0.0
    points: list[TrainPoint] = field(default_factory=list)

    @property
    def best_loss(self) -> float:
        return min(point.held_out_loss for point in self.points)
