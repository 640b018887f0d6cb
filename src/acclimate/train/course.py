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


@dataclass(frozen=True, slots=True)
class Mixture:
    """So much of the adapted weights, and of the original ones the rest; the held-out loss."""

    share: float
    held_out_loss: float


@dataclass(slots=True)
class Course:
    """How far a training has come; `best_step` 0 means that no step beat the start."""

    step: int = 0
    best_step: int = 0
    seconds: float = 0.0
    points: list[TrainPoint] = field(default_factory=list)
    mixtures: list[Mixture] = field(default_factory=list)

    @property
    def best_loss(self) -> float:
        return min(point.held_out_loss for point in self.points)

    @property
    def share(self) -> float:
        """Of the adapted weights in those that were kept; 0 where nothing beat the start."""
        if not self.mixtures:
            return float(self.best_step > 0)
        best = min(self.mixtures, key=lambda each: (each.held_out_loss, each.share))
        return best.share if best.held_out_loss < self.points[0].held_out_loss else 0.0
