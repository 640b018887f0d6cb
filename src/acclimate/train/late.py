"""A late-interaction encoder in training: a vector a token, compared by MaxSim.

ColBERT (Khattab and Zaharia, arXiv 2004.12832, section 3.3): each of the query's vectors takes the
passage's vector that it agrees with best, and these dot products are added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from acclimate.models.multivector import MultiVectorTextEncoder
from acclimate.train.encode import Text
from acclimate.train.trainee import COSINE_SCALE, apart, at_cells, prompted
from acclimate.train.work import Work

if TYPE_CHECKING:
    from sentence_transformers import MultiVectorEncoder


@dataclass(frozen=True, slots=True)
class LateTrainee:
    """Its outputs are token vectors, of shape (texts, tokens, dimension + 1).

    The last number of each says whether the token counts: 1, or 0 for padding and what is skipped.
    """

    student: MultiVectorTextEncoder
    width = 0
    reads_pairs = False
    graph_weight = 1

    @property
    def model(self) -> MultiVectorEncoder:
        return self.student.model

    @property
    def usual_scale(self) -> float:
        return COSINE_SCALE if self._means else 1.0

    @property
    def _means(self) -> bool:
        return self.model.similarity_fn_name == "meanmaxsim"

    def texts(self, work: Work) -> list[Text]:
        return prompted(self.model, work, ("document", "query"))

    def outputs(self, features: dict[str, Any], task: str | None) -> Tensor:
        found = self.model(features, task=task)
        vectors: Tensor = found["token_embeddings"].float()
        return torch.cat([vectors, found["attention_mask"].unsqueeze(-1).float()], dim=2)

    def scores(self, outputs: Tensor, work: Work) -> Tensor:
        passages, queries = apart(outputs, work)
        # Query by query, so that only one query's token-by-token products are held at a time.
        rows = [max_sim(query, passages, mean=self._means) for query in queries]
        return at_cells(torch.stack(rows), work)

    def penalty(self, outputs: Tensor, work: Work, step: int) -> float:
        del outputs, work, step
        return 0.0


def max_sim(query: Tensor, passages: Tensor, *, mean: bool) -> Tensor:
    """A query (tokens, dimension + 1) against passages (passages, tokens, dimension + 1).

    Shape (passages,); with `mean` divided by the number of the query's tokens.
    """
    counts = query[:, -1]
    products = passages[..., :-1] @ query[:, :-1].T
    best = products.masked_fill(passages[..., -1:] == 0, float("-inf")).max(dim=1).values
    # A passage of skipped tokens only agrees with nothing.
    best = best.masked_fill(best.isneginf(), 0.0)
    added = best @ counts
    return added / counts.sum().clamp(min=1) if mean else added
