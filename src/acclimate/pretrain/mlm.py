"""Masked language model: predict the tokens that were hidden (Devlin et al., arXiv 1810.04805)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from acclimate.errors import UsageError
from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.method import Batch, Method
from acclimate.pretrain.tokens import Tokens, chance, tokens_of
from acclimate.pretrain.vocabulary import VocabularyHead, body_of
from acclimate.settings import MlmSettings

#: Of the chosen tokens, so many are masked, and so many replaced by any other; the rest stay.
MASKED, REPLACED = 0.8, 0.1


@dataclass(frozen=True, slots=True)
class Masked:
    """Tokens with some of them hidden; `chosen` says where, `wanted` what stood there."""

    tokens: Tokens
    chosen: Tensor
    wanted: Tensor


class Mlm(Method):
    """15 % of the tokens are to be predicted from the others, new ones at every step."""

    said = (
        "learned to predict masked tokens of the corpus "
        "([masked language model](https://arxiv.org/abs/1810.04805))"
    )

    def __init__(self, student: DenseEncoder, settings: MlmSettings) -> None:
        self.model = student.model
        self.body = body_of(self.model)
        self.head = VocabularyHead(self.model)
        self.mask = Masker(student, settings.masked)
        self.parts = nn.ModuleDict({"student": self.model, "head": self.head})

    def loss(self, batch: Batch) -> Tensor:
        masked = self.mask(tokens_of(self.model, batch.texts), batch.draw)
        hidden = self.body(**masked.tokens.features).last_hidden_state
        return cross_entropy(self.head(hidden[masked.chosen]), masked.wanted)


class Masker:
    """Hides tokens of a family's vocabulary. Raises UsageError where it has no mask."""

    def __init__(self, student: DenseEncoder, share: float) -> None:
        tokenizer = student.model.tokenizer
        if tokenizer.mask_token_id is None:
            raise UsageError(
                f"the tokenizer of {student.name} has no mask token; take steps that need none, "
                "such as tsdae, ict, simcse or ct"
            )
        self.share = share
        self.mask = int(tokenizer.mask_token_id)
        self.vocabulary = len(tokenizer)

    def __call__(self, tokens: Tokens, draw: np.random.Generator) -> Masked:
        """At least one token is chosen, so that there is always something to predict."""
        where = tokens.ids.device
        order = chance(tokens.ids.shape, draw, where).masked_fill(~tokens.content, 2.0)
        chosen = tokens.content & (order < max(self.share, float(order.min()) + 1e-12))
        fate = chance(tokens.ids.shape, draw, where)
        others = torch.from_numpy(draw.integers(self.vocabulary, size=tuple(tokens.ids.shape)))
        ids = torch.where(fate < MASKED + REPLACED, others.to(where), tokens.ids)
        ids = ids.masked_fill(fate < MASKED, self.mask)
        hidden = replace(tokens, ids=torch.where(chosen, ids, tokens.ids))
        return Masked(hidden, chosen, tokens.ids[chosen])
