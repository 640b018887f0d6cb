"""What every way of pre-training is to the loop: parts that learn, and the loss of a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from torch import Tensor, nn

from acclimate.models.dense import DenseEncoder
from acclimate.types import Passage


@dataclass(frozen=True, slots=True)
class Batch:
    """The passages of one step, its number from 0, and what it draws by chance."""

    texts: Sequence[str]
    number: int
    draw: np.random.Generator


class Method(ABC):
    """One way of pre-training a student, made of it and of the method's own settings.

    `parts` are all modules that learn, the student's among them.
    """

    #: What a student went through, as the model card says it after "the model".
    said: ClassVar[str]
    parts: nn.ModuleDict
    #: Changes with whatever the method learns from besides the corpus.
    fingerprint: str = ""

    @abstractmethod
    def __init__(self, student: DenseEncoder, *settings: Any) -> None: ...

    def read(self, passage: Passage) -> str:
        """What of a passage it learns from."""
        return passage.content

    def usable(self, text: str) -> bool:
        """Whether a passage has anything to learn from."""
        return bool(text.strip())

    @abstractmethod
    def loss(self, batch: Batch) -> Tensor:
        """The mean loss of the batch: a scalar in fp32, with its graph."""

    def state(self) -> dict[str, Tensor]:
        """What else a resumed pre-training needs, beside the weights of `parts`."""
        return {}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` gave."""
        del state
