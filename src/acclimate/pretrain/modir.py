"""MoDIR: vectors that do not tell the domain that they are from (Xin et al., arXiv 2110.07581).

The authors also feed the target's test queries to the domain classifier. We take none to be given,
so that only passages are told apart, those of the source from those of the target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, log_softmax

from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.encode import PASSAGE, vectors
from acclimate.pretrain.method import Batch, Method
from acclimate.pretrain.source import source_pairs
from acclimate.settings import ModirSettings, PretrainSettings, SourceSettings
from acclimate.train.masters import Masters

SOURCE, TARGET = 0, 1


class Modir(Method):
    """Ranking on the source, while the passages' vectors are to confuse a domain classifier."""

    said = (
        "learned to rank a labelled collection with vectors that do not tell it from the corpus "
        "([MoDIR](https://arxiv.org/abs/2110.07581))"
    )

    def __init__(
        self,
        student: DenseEncoder,
        settings: ModirSettings,
        source: SourceSettings,
        steps: PretrainSettings,
    ) -> None:
        self.student = student
        self.settings = settings
        self.parts = nn.ModuleDict({"student": student.model})
        self.source = source_pairs(source)
        self.fingerprint = self.source.fingerprint
        self.classifier = DomainClassifier(student, settings, steps.max_steps)

    def loss(self, batch: Batch) -> Tensor:
        source = self.source.encoded(self.student, len(batch.texts), batch.draw)
        target = vectors(self.student, batch.texts, PASSAGE)
        self.classifier.learn(source.passages.detach(), target.detach(), batch.number)
        weight = self.settings.confusion * 0.5 ** (batch.number // self.settings.halved_every)
        both = torch.cat([source.passages, target])
        return source.loss + weight * self.classifier.confusion(both)

    def state(self) -> dict[str, Tensor]:
        return self.classifier.state()

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.classifier.load(dict(state))


@dataclass(frozen=True, slots=True)
class _Rate:
    """How the classifier learns: a Schedule."""

    learning_rate: float
    warmup_steps: int = 0
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0


class DomainClassifier:
    """A linear classifier that learns from the latest vectors of both domains (the momentum).

    A batch alone is too small to tell what the domains look like by now.
    """

    def __init__(self, student: DenseEncoder, settings: ModirSettings, steps: int) -> None:
        self.layer = nn.Linear(student.dimension, 2, bias=False).to(student.model.device)
        self.masters = Masters(self.layer, _Rate(settings.classifier_learning_rate), steps)
        self.size = settings.queue
        empty = torch.zeros((0, student.dimension), device=student.model.device)
        self.queues = {SOURCE: empty, TARGET: empty}

    def learn(self, source: Tensor, target: Tensor, number: int) -> None:
        """Take up new vectors, forget the oldest, and take one step; `number` counts from 0."""
        for domain, new in ((SOURCE, source), (TARGET, target)):
            self.queues[domain] = torch.cat([self.queues[domain], new])[-self.size :]
        torch.autograd.backward(self.mistakes())
        self.masters.collect()
        self.masters.step(number)

    def mistakes(self) -> Tensor:
        """Cross-entropy of the right domain, each domain's queue with the same weight."""
        losses = []
        for domain, queue in self.queues.items():
            right = torch.full((len(queue),), domain, device=queue.device)
            losses.append(cross_entropy(self.layer(queue), right))
        return (losses[SOURCE] + losses[TARGET]) / 2

    def confusion(self, found: Tensor) -> Tensor:
        """How far the classifier is from even odds, for the encoder to learn from, not for it."""
        odds = log_softmax(linear(found, self.layer.weight.detach()), dim=1)
        return -odds.mean()

    def state(self) -> dict[str, Tensor]:
        named = {f"queue/{domain}": queue for domain, queue in self.queues.items()}
        return self.masters.state() | named

    def load(self, state: dict[str, Tensor]) -> None:
        self.masters.load(state)
        for domain, queue in self.queues.items():
            self.queues[domain] = state[f"queue/{domain}"].to(queue.device)
