"""UDALM: masked tokens of the target and labels of the source together (arXiv 2104.07078).

Its first stage, masked tokens alone, is the step mlm before this one.
"""

from __future__ import annotations

from torch import Tensor

from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.method import Batch, Method
from acclimate.pretrain.mlm import Mlm
from acclimate.pretrain.source import source_pairs
from acclimate.settings import MlmSettings, SourceSettings


class Udalm(Method):
    """The sum of both losses at every step: passages of the target, as many pairs of the source."""

    said = (
        "learned to predict masked tokens of the corpus and to rank a labelled collection together "
        "([UDALM](https://arxiv.org/abs/2104.07078))"
    )

    def __init__(self, student: DenseEncoder, masking: MlmSettings, source: SourceSettings) -> None:
        self.student = student
        self.masking = Mlm(student, masking)
        self.parts = self.masking.parts
        self.source = source_pairs(source)
        self.fingerprint = self.source.fingerprint

    def loss(self, batch: Batch) -> Tensor:
        source = self.source.encoded(self.student, len(batch.texts), batch.draw)
        return self.masking.loss(batch) + source.loss
