"""How good mined pairs are against known ones, and which threshold is best."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from acclimate.models.base import Vectors


@dataclass(frozen=True, slots=True)
class Quality:
    """`mined` pairs at a threshold, of which `correct` are among the `gold` ones."""

    threshold: float
    mined: int
    correct: int
    gold: int

    def as_json(self) -> dict[str, float]:
        """The counts and what follows from them."""
        found = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {**asdict(self), **found}

    @property
    def precision(self) -> float:
        return self.correct / self.mined if self.mined else 0.0

    @property
    def recall(self) -> float:
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.correct / (self.mined + self.gold) if self.mined + self.gold else 0.0


def quality(
    scores: Vectors, correct: npt.NDArray[np.bool_], gold: int, threshold: float
) -> Quality:
    """Of pairs with these scores, those that reach the threshold; both have shape (pairs,)."""
    taken = scores >= threshold
    return Quality(threshold, int(taken.sum()), int((taken & correct).sum()), gold)


def best_threshold(scores: Vectors, correct: npt.NDArray[np.bool_], gold: int) -> float:
    """The threshold of the highest F1; of equal ones the highest.

    It lies halfway between the last score taken and the next, as is usual for BUCC. Scores come
    best first.
    """
    if not len(scores):
        return 0.0
    found = np.cumsum(correct)
    f1 = 2 * found / (np.arange(1, len(scores) + 1) + gold)
    # Between equal scores no threshold can part.
    last = np.append(scores[:-1] > scores[1:], True)
    best = int(np.argmax(np.where(last, f1, -1)))
    lower = scores[best + 1] if best + 1 < len(scores) else scores[best]
    return float((np.float64(scores[best]) + np.float64(lower)) / 2)
