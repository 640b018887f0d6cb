"""Distilling small models from the invented languages, in a second or two."""

from __future__ import annotations

from pathlib import Path

import invented

from acclimate.formats.parallel import find_parallel
from acclimate.multilingual.distill import distill
from acclimate.multilingual.pair_exclude import Excluded
from acclimate.multilingual.pair_result import Multilingual
from acclimate.multilingual.pair_settings import (
    DistillSettings,
    PairSettings,
    PairTrainSettings,
    VocabularySettings,
)
from acclimate.progress import Silent

SETTINGS = DistillSettings(
    pairs=PairSettings(held_out=0.1),
    vocabulary=VocabularySettings(size=300),
    train=PairTrainSettings(
        per_device_train_batch_size=32,
        max_steps=80,
        save_steps=20,
        warmup_steps=5,
        learning_rate=1e-2,
        max_seq_length=0,
        dropout=False,
    ),
)


def distilled(
    teacher: Path,
    folder: Path,
    settings: DistillSettings = SETTINGS,
    *,
    student: str = "new",
    excluded: Excluded | None = None,
    progress: Silent | None = None,
) -> Multilingual:
    found = find_parallel(invented.parallel_files(folder / "data"))
    return distill(
        str(teacher), student, found, folder / "out", settings, excluded or Excluded(),
        progress or Silent(),
    )  # fmt: skip
