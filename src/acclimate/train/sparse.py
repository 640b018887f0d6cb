"""A learned sparse encoder in training: its vectors shall have few entries.

The FLOPS regulariser (Paria et al., arXiv 2004.05665, section 3) estimates how many products a
search takes: the squared mean weight of an entry over a batch, summed over the vocabulary. SPLADE
(Formal et al., arXiv 2107.05720, section 3) weighs it for queries and for passages, and lets it
grow with the square of the step, so that the model learns to rank first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from acclimate.models.base import Similarity
from acclimate.models.sparse import SparseTextEncoder
from acclimate.settings import TrainSettings
from acclimate.train.encode import Text
from acclimate.train.trainee import COSINE_SCALE, apart, dot_products, prompted
from acclimate.train.work import Work

if TYPE_CHECKING:
    from sentence_transformers import SparseEncoder


@dataclass(frozen=True, slots=True)
class SparseTrainee:
    """Its outputs are weights of vocabulary entries, of shape (texts, entries)."""

    student: SparseTextEncoder
    settings: TrainSettings
    width = 0
    reads_pairs = False
    # Three numbers for each entry of the vocabulary, at every token.
    graph_weight = 4

    @property
    def model(self) -> SparseEncoder:
        return self.student.model

    @property
    def usual_scale(self) -> float:
        return COSINE_SCALE if self.student.similarity is Similarity.COSINE else 1.0

    def texts(self, work: Work) -> list[Text]:
        return prompted(self.model, work, ("document", "query"))

    def outputs(self, features: dict[str, Any], task: str | None) -> Tensor:
        from sentence_transformers.sparse_encoder.modules import SpladePooling

        for module in self.model.modules():
            if isinstance(module, SpladePooling):
                # In evaluation mode it works in place, which gradients do not survive.
                module.train(torch.is_grad_enabled())
        weights: Tensor = self.model(features, task=task)["sentence_embedding"]
        return weights.float()

    def scores(self, outputs: Tensor, work: Work) -> Tensor:
        if self.student.similarity is Similarity.COSINE:
            outputs = torch.nn.functional.normalize(outputs, dim=1)
        return dot_products(outputs, work)

    def penalty(self, outputs: Tensor, work: Work, step: int) -> Tensor:
        passages, queries = apart(outputs, work)
        whole = self.settings.flops_passages * flops(passages)
        whole = whole + self.settings.flops_queries * flops(queries)
        return whole * grown(step, self.settings.flops_warmup * self.settings.max_steps)


def flops(weights: Tensor) -> Tensor:
    """The products that a search is expected to take, from weights of shape (texts, entries)."""
    return (weights.abs().mean(dim=0) ** 2).sum()


def grown(step: int, steps: float) -> float:
    """The share of the regulariser's weight at a step: all of it after so many steps."""
    return min(1.0, (step + 1) / max(1.0, steps)) ** 2
