"""A cross-encoder in training: a query and a passage are read together.

Every comparison is a reading, so that mnrl sets the positive against the query's own hard negatives
instead of the whole batch (localised contrastive estimation, arXiv 2101.08751).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from acclimate.models.cross import CrossScorer
from acclimate.train.encode import Text
from acclimate.train.work import Work

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


@dataclass(frozen=True, slots=True)
class CrossTrainee:
    """Its outputs are the raw logits of the work's pairs, of shape (pairs,)."""

    student: CrossScorer
    width = 0
    reads_pairs = True
    usual_scale = 1.0
    graph_weight = 1

    @property
    def model(self) -> CrossEncoder:
        return self.student.model

    def texts(self, work: Work) -> list[Text]:
        prompt = self.model.prompts.get(self.model.default_prompt_name or "") or None
        return [
            Text((work.queries[line], work.passages[work.cells[line, column]]), prompt)
            for line, column in np.argwhere(work.mask)
        ]

    def outputs(self, features: dict[str, Any], task: str | None) -> Tensor:
        del task
        logits: Tensor = self.model(features)["scores"].float()
        return logits.reshape(-1)

    def scores(self, outputs: Tensor, work: Work) -> Tensor:
        mask = torch.from_numpy(work.mask).to(outputs.device)
        return outputs.new_zeros(mask.shape).masked_scatter(mask, outputs)

    def penalty(self, outputs: Tensor, work: Work, step: int) -> float:
        del outputs, work, step
        return 0.0
