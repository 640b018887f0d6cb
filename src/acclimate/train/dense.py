"""A bi-encoder in training: one vector a text, compared by dot product or cosine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from acclimate.models.base import Similarity
from acclimate.models.dense import DenseEncoder
from acclimate.train.encode import Text
from acclimate.train.query_side import PASSAGE, QUERY, has_ways
from acclimate.train.trainee import COSINE_SCALE, dot_products, prompted
from acclimate.train.work import Work

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True, slots=True)
class DenseTrainee:
    """Its outputs are vectors, of shape (texts, dimension)."""

    student: DenseEncoder
    reads_pairs = False
    graph_weight = 1

    @property
    def model(self) -> SentenceTransformer:
        return self.student.model

    @property
    def usual_scale(self) -> float:
        return COSINE_SCALE if self.student.similarity is Similarity.COSINE else 1.0

    @property
    def width(self) -> int:
        return self.student.dimension

    def texts(self, work: Work) -> list[Text]:
        # Without tasks, so that queries and passages of like length share micro-batches.
        tasks = (PASSAGE, QUERY) if has_ways(self.model) else (None, None)
        return prompted(self.model, work, tasks)

    def outputs(self, features: dict[str, Any], task: str | None) -> Tensor:
        del task
        vectors: Tensor = self.model(features)["sentence_embedding"].float()
        if self.student.similarity is Similarity.COSINE:
            vectors = torch.nn.functional.normalize(vectors, dim=1)
        return vectors

    def scores(self, outputs: Tensor, work: Work) -> Tensor:
        return dot_products(outputs, work)

    def penalty(self, outputs: Tensor, work: Work, step: int) -> float:
        del outputs, work, step
        return 0.0
