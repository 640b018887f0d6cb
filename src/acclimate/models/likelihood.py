"""The likelihood of a query given a passage as a relevance score, without any labels.

UPR (Sachan et al., arXiv 2204.07496): the mean log-probability of the query's tokens under a
causal language model that has read the passage and a request to write a query for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from acclimate.models.batching import by_length
from acclimate.models.causal import CausalModel, Prefill
from acclimate.models.prompts import LIKELIHOOD_REQUEST, passage_part
from acclimate.types import Passage, Query

#: Queries scored after one reading of their passages; bounds the logits kept over a vocabulary.
PAIRS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class LikelihoodScorer:
    """A PairScorer that reads every distinct passage once, however many queries ask for it."""

    model: CausalModel
    max_passage_tokens: int
    batch_size: int

    @classmethod
    def load(cls, name: str, *, max_tokens: int = 350, batch_size: int = 32) -> LikelihoodScorer:
        return cls(CausalModel.load(name), max_tokens, batch_size)

    @property
    def name(self) -> str:
        return f"likelihood:{self.model.resolved.name}"

    @property
    def identity(self) -> str:
        return f"{self.model.identity}-{self.max_passage_tokens}"

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        """Mean log-probabilities, at most 0."""
        groups: dict[str, list[int]] = {}
        for row, (_, passage) in enumerate(pairs):
            groups.setdefault(passage.id, []).append(row)
        batches = by_length(
            [(pairs[rows[0]][1], rows) for rows in groups.values()],
            lambda group: len(group[0].content),
            lambda batch: self._batch(batch, pairs),
            max(1, self.batch_size // 4),
        )
        scores = [0.0] * len(pairs)
        for rows, values in zip(groups.values(), batches, strict=True):
            for row, value in zip(rows, values, strict=True):
                scores[row] = value
        return scores

    def _batch(
        self, groups: list[tuple[Passage, list[int]]], pairs: Sequence[tuple[Query, Passage]]
    ) -> list[list[float]]:
        request = self.model.tokens(LIKELIHOOD_REQUEST)
        state = self.model.read(
            [
                self.model.tokens(
                    passage_part(passage.content), start=True, limit=self.max_passage_tokens
                )
                + request
                for passage, _ in groups
            ]
        )
        asked = [(place, row) for place, (_, rows) in enumerate(groups) for row in rows]
        # Queries of like length together: the vocabulary's logits are the cost of every padding.
        values = by_length(
            [(place, self.model.tokens(" " + pairs[row][0].text)) for place, row in asked],
            lambda item: len(item[1]),
            lambda items: self._continuations(state, items),
            PAIRS_AT_ONCE,
        )
        scored: list[list[float]] = [[] for _ in groups]
        for (place, _), value in zip(asked, values, strict=True):
            scored[place].append(value)
        return scored

    def _continuations(self, state: Prefill, items: list[tuple[int, list[int]]]) -> list[float]:
        rows = torch.tensor([place for place, _ in items], device=state.mask.device)
        return self.model.log_likelihoods(state.select(rows), [ids for _, ids in items]).tolist()
