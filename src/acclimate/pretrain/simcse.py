"""SimCSE: a text is nearer to itself than to others, whatever drops out (arXiv 2104.08821)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import normalize

from acclimate.errors import UsageError
from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.contrast import in_batch
from acclimate.pretrain.encode import PASSAGE, vectors
from acclimate.pretrain.method import Batch, Method
from acclimate.settings import SimcseSettings


class Simcse(Method):
    """Every passage is encoded twice; two dropouts make two views of it, the batch is negative.

    Raises UsageError for a model that has no layer of dropout.
    """

    said = (
        "learned to know passages again whatever dropped out "
        "([SimCSE](https://arxiv.org/abs/2104.08821))"
    )

    def __init__(self, student: DenseEncoder, settings: SimcseSettings) -> None:
        self.student = student
        self.temperature = settings.temperature
        self.parts = nn.ModuleDict({"student": student.model})
        _let_drop(student, settings.dropout)

    def loss(self, batch: Batch) -> Tensor:
        first, second = (
            normalize(vectors(self.student, batch.texts, PASSAGE), dim=1) for _ in range(2)
        )
        return in_batch(first, second, self.temperature)


def _let_drop(student: DenseEncoder, share: float) -> None:
    """Families such as ModernBERT are trained without dropout, but have layers for it."""
    layers = [each for each in student.model.modules() if isinstance(each, nn.Dropout)]
    for layer in layers:
        layer.p = layer.p or share
    if not any(layer.p for layer in layers):
        raise UsageError(
            f"nothing drops out in {student.name}, so that simcse has no two views of a text; "
            "set simcse.dropout above 0, or take another step, such as ict or tsdae"
        )
