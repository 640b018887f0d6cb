"""The likelihood of a query given a passage as a relevance score, without any labels.

UPR (Sachan et al., arXiv 2204.07496): the mean log-probability of the query's tokens under a
causal language model that has read the passage and a request to write a query for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from acclimate.models.causal import CausalModel
from acclimate.models.continuations import Branches, Continuations
from acclimate.models.prompts import LIKELIHOOD_REQUEST, passage_part
from acclimate.types import Passage, Query


@dataclass(frozen=True, slots=True)
class LikelihoodScorer:
    """A PairScorer that reads every distinct passage once, however many queries ask for it."""

    judge: Continuations
    max_passage_tokens: int
    batch_size: int

    @classmethod
    def load(cls, name: str, *, max_tokens: int = 350, batch_size: int = 32) -> LikelihoodScorer:
        return cls(Continuations.of(CausalModel.load(name)), max_tokens, batch_size)

    @property
    def name(self) -> str:
        return f"likelihood:{self.judge.model.resolved.name}"

    @property
    def identity(self) -> str:
        return f"{self.judge.model.identity}-{self.max_passage_tokens}"

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        """Mean log-probabilities, at most 0."""
        groups: dict[Passage, list[int]] = {}
        for row, (_, passage) in enumerate(pairs):
            groups.setdefault(passage, []).append(row)
        texts = [
            self._branches(passage, [pairs[row][0] for row in rows])
            for passage, rows in groups.items()
        ]
        scores = [0.0] * len(pairs)
        found = self.judge.log_likelihoods(texts, self.batch_size)
        for rows, values in zip(groups.values(), found, strict=True):
            for row, value in zip(rows, values, strict=True):
                scores[row] = value
        return scores

    def _branches(self, passage: Passage, queries: Sequence[Query]) -> Branches:
        model = self.judge.model
        shown = model.tokens(
            passage_part(passage.content), start=True, limit=self.max_passage_tokens
        )
        return (
            shown + model.tokens(LIKELIHOOD_REQUEST),
            [model.tokens(f" {query.text}") for query in queries],
        )
