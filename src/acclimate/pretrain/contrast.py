"""Each text against the others of its batch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from acclimate.models.base import Similarity


def in_batch(queries: Tensor, passages: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of the right passage, that of the same row, among all passages of the batch.

    MultipleNegativesRanking or InfoNCE (arXiv 1807.03748, equation 4); (texts, dimension) both.
    """
    scores = queries @ passages.T / temperature
    return cross_entropy(scores, torch.arange(len(scores), device=scores.device))


def temperature_of(similarity: Similarity, temperature: float) -> float:
    """Cosines need one to become decisive; dot products are as large as a model wants them."""
    return temperature if similarity is Similarity.COSINE else 1.0
