"""What one training step is about: a batch with its texts, and how far the training has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acclimate.train.batches import Floats, Integers


@dataclass(frozen=True, slots=True)
class Work:
    """A batch with the texts of its passages and queries. See `Batch` for the rest."""

    passages: Sequence[str]
    queries: Sequence[str]
    cells: Integers
    values: Floats
    mask: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Step:
    """Work to learn from; `number` counts from 0."""

    work: Work
    number: int
