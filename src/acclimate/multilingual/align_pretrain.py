"""Predicting hidden tokens of translations, before they are ranked.

LaBSE, arXiv 2007.01852, section 2.3: first sentences alone (MLM), then each beside its translation
(TLM, Conneau and Lample, arXiv 1901.07291, section 3.3), where the one helps to guess the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from acclimate.models.dense import DenseEncoder
from acclimate.multilingual.pair_batches import batches
from acclimate.multilingual.pair_settings import AlignSettings
from acclimate.multilingual.pair_split import Split
from acclimate.multilingual.pair_store import PairStore
from acclimate.pretrain.loop import pretrain
from acclimate.pretrain.mlm import Mlm
from acclimate.progress import Progress
from acclimate.settings import MlmSettings, PretrainSettings

Pairs = Sequence[tuple[str, str]]


def predict_hidden_tokens(
    student: DenseEncoder,
    store: PairStore,
    parts: Split,
    settings: AlignSettings,
    folder: Path,
    progress: Progress,
) -> None:
    """MLM, then TLM, each with as many steps as the settings give it.

    The student learns in place. Goes on from the last checkpoints in `folder`. Raises UsageError
    where the student's tokens cannot be hidden or predicted.
    """
    separator = str(student.model.tokenizer.sep_token or "")
    stages: list[tuple[str, int, Callable[[Pairs], list[str]]]] = [
        ("mlm", settings.pretrain.mlm_steps, alone),
        ("tlm", settings.pretrain.tlm_steps, lambda pairs: beside(pairs, separator)),
    ]
    for name, steps, read in stages:
        if steps:
            drawn = _balanced(parts, settings, steps)
            _predict(student, store, drawn, read, settings, steps, folder / name, progress)


def alone(pairs: Pairs) -> list[str]:
    """Sources and targets, each for itself."""
    return [text for pair in pairs for text in pair]


def beside(pairs: Pairs, separator: str) -> list[str]:
    """Each with its translation; every other one first, so that neither language always is."""
    turned = [pair if place % 2 else pair[::-1] for place, pair in enumerate(pairs)]
    return [f"{first} {separator} {second}" for first, second in turned]


def _balanced(parts: Split, settings: AlignSettings, steps: int) -> list[int]:
    """Rows for so many steps, languages as often as in the ranking."""
    train = settings.train
    endless = batches(
        list(parts.learning.values()), train.per_device_train_batch_size,
        settings.pairs.balance, train.seed,
    )  # fmt: skip
    rows: list[int] = np.concatenate(list(islice(endless, steps))).tolist()
    return rows


def _predict(
    student: DenseEncoder,
    store: PairStore,
    rows: Sequence[int],
    read: Callable[[Pairs], list[str]],
    settings: AlignSettings,
    steps: int,
    folder: Path,
    progress: Progress,
) -> None:
    train = settings.train
    torch.manual_seed(train.seed)  # the weights of the head's new layers
    method = Mlm(student, MlmSettings(masked=settings.pretrain.masked))
    schedule = PretrainSettings(
        max_steps=steps,
        per_device_train_batch_size=train.per_device_train_batch_size,
        learning_rate=settings.pretrain.learning_rate,
        warmup_steps=train.warmup_steps,
        weight_decay=train.weight_decay,
        max_grad_norm=train.max_grad_norm,
        save_steps=train.save_steps,
        seed=train.seed,
    )
    pretrain(method, rows, lambda drawn: read(store.pairs(drawn)), schedule, folder, progress)
    # It is left in fp32, and goes on learning in what is fast here.
    student.model.to(student.placement.dtype)
