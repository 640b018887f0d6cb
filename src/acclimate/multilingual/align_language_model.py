"""Predicting hidden tokens of translations, before they are ranked.

LaBSE, arXiv 2007.01852, section 2.3: first sentences alone (MLM), then each beside its translation
(TLM, Conneau and Lample, arXiv 1901.07291, section 3.3), where the one helps to guess the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from acclimate.errors import UsageError
from acclimate.models.dense import DenseEncoder
from acclimate.multilingual.pair_batches import batches
from acclimate.multilingual.pair_settings import PairTrainSettings
from acclimate.multilingual.pair_store import Integers
from acclimate.progress import Progress
from acclimate.train.checkpoints import Checkpoints
from acclimate.train.course import Course
from acclimate.train.masking import Hidden, hide
from acclimate.train.masters import Masters
from acclimate.train.steps import take_steps

#: A sentence, or one beside its translation.
Sentence = str | tuple[str, str]


def alone(pairs: Sequence[tuple[str, str]]) -> list[Sentence]:
    """MLM: sources and targets, each for itself."""
    return [text for pair in pairs for text in pair]


def beside(pairs: Sequence[tuple[str, str]]) -> list[Sentence]:
    """TLM: every other pair begins with its translation, so that neither side is always first."""
    return [pair if place % 2 else pair[::-1] for place, pair in enumerate(pairs)]


@dataclass(frozen=True, slots=True)
class LanguageTask:
    """All that this training is made of; `read` makes sentences of translations by row."""

    read: Callable[[Integers], list[Sentence]]
    learning: Sequence[Integers]
    held_out: Sequence[Integers]
    balance: float
    masked: float
    settings: PairTrainSettings


def train_language_model(
    student: DenseEncoder, task: LanguageTask, folder: Path, progress: Progress
) -> Course:
    """Train the student's body in place and leave it with the best weights.

    Goes on from the last checkpoint in `folder`. Raises UsageError where the student has no mask.
    """
    training = _LanguageTraining(student, task, folder)
    course = training.checkpoints.resume()
    settings = task.settings
    with progress.task("pre-train", settings.max_steps) as advance:
        take_steps(training, course, settings.save_steps, settings.max_steps, advance)
    training.checkpoints.restore_best(training.parts)
    student.model.to(student.placement.dtype)
    return course


class _LanguageTraining:
    def __init__(self, student: DenseEncoder, task: LanguageTask, folder: Path) -> None:
        self.task = task
        self.tokenizer: Any = student.model.tokenizer
        if self.tokenizer.mask_token_id is None:
            raise UsageError(
                f"the tokenizer of {student.name} has no mask token; leave pretrain.mlm_steps and "
                "pretrain.tlm_steps at 0, or name another student"
            )
        body = student.model.transformers_model
        self.length = student.model.max_seq_length
        self.parts = _with_head(body, task.settings.seed)
        self.parts.train(task.settings.dropout)
        self.masters = Masters(self.parts, task.settings, task.settings.max_steps)
        self.checkpoints = Checkpoints(folder, self.masters)

    def from_step(self, step: int) -> Iterator[Integers]:
        task, settings = self.task, self.task.settings
        endless = batches(
            task.learning, settings.per_device_train_batch_size, task.balance, settings.seed
        )
        return islice(endless, step, settings.max_steps)

    def step(self, batch: Integers, number: int) -> float:
        # Chance of its own for every step, so that a resumed one draws what it would have drawn.
        torch.manual_seed(self.task.settings.seed + number)
        draw = np.random.default_rng((self.task.settings.seed, number))
        loss = self._loss(self.task.read(batch), draw)
        torch.autograd.backward(loss)
        self.masters.collect()
        self.masters.step(number)
        return float(loss.detach())

    @torch.no_grad()
    def look(self, course: Course, losses: list[float], seconds: float) -> None:
        """Measure how well hidden tokens are guessed, the same ones at every look."""
        self.parts.eval()
        size = self.task.settings.per_device_train_batch_size
        found = [
            float(self._loss(self.task.read(rows[:size]), np.random.default_rng(place)))
            for place, rows in enumerate(self.task.held_out)
        ]
        self.parts.train(self.task.settings.dropout)
        self.checkpoints.note(course, losses, float(np.mean(found)), seconds)

    def _loss(self, sentences: list[Sentence], draw: np.random.Generator) -> Tensor:
        features = self.tokenizer(
            sentences, padding=True, truncation=True, max_length=self.length, return_tensors="pt"
        ).to(self.parts.device)
        hidden = self._hidden(features["input_ids"], features["attention_mask"], draw)
        logits = self.parts(input_ids=hidden.ids, attention_mask=features["attention_mask"]).logits
        return cross_entropy(logits[hidden.chosen].float(), hidden.wanted)

    def _hidden(self, ids: Tensor, present: Tensor, draw: np.random.Generator) -> Hidden:
        names = ("cls_token_id", "sep_token_id", "pad_token_id", "bos_token_id", "eos_token_id")
        around = [number for name in names if (number := getattr(self.tokenizer, name)) is not None]
        content = present.bool() & ~torch.isin(ids, torch.tensor(around, device=ids.device))
        return hide(
            ids, content, self.task.masked, self.tokenizer.mask_token_id, len(self.tokenizer), draw
        )


def _with_head(body: Any, seed: int) -> nn.Module:
    """The family's language model over this very body; its new layers are drawn by the seed."""
    from transformers import AutoModelForMaskedLM

    family: Any = AutoModelForMaskedLM  # untyped in transformers
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        try:
            whole: Any = family.from_config(body.config)
        except ValueError as error:
            raise UsageError(
                f"there is no masked language model of the family {body.config.model_type!r}; "
                "leave pretrain.mlm_steps and pretrain.tlm_steps at 0"
            ) from error
    whole.to(device=body.device, dtype=body.dtype)
    setattr(whole, whole.base_model_prefix, body)
    whole.tie_weights()
    found: nn.Module = whole
    return found
