"""Contrastive Tension: two encoders agree on the same text only (Carlsson et al., ICLR 2021)."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.encode import pooled
from acclimate.pretrain.method import Batch, Method
from acclimate.pretrain.tokens import tokens_of


class Ct(Method):
    """Two encoders that start alike and learn apart; the second one is the student, and is kept.

    A batch of eight is one positive pair, its first passage with itself, and seven negative ones,
    the same passage with each of the others.
    """

    said = (
        "learned passages apart against a copy of itself "
        "([Contrastive Tension](https://openreview.net/forum?id=Ov_sMNau-PF))"
    )

    def __init__(self, student: DenseEncoder) -> None:
        self.second = student.model
        self.first = deepcopy(student.model)
        self.parts = nn.ModuleDict({"student": self.second, "first": self.first})

    def loss(self, batch: Batch) -> Tensor:
        first = pooled(self.first, tokens_of(self.first, batch.texts[:1]).features)
        second = pooled(self.second, tokens_of(self.second, batch.texts).features)
        return tension(first, second)


def tension(first: Tensor, second: Tensor) -> Tensor:
    """Binary cross-entropy of the dot products of (1, dimension) with (texts, dimension).

    The first text is the same for both.
    """
    same = torch.zeros(len(second), device=second.device)
    same[0] = 1.0
    return binary_cross_entropy_with_logits(second @ first[0], same)
