"""From a name to a bi-encoder of whichever kind."""

from __future__ import annotations

from pathlib import Path

from acclimate.models import muse, neutral
from acclimate.models.base import Encoder
from acclimate.models.dense import DenseEncoder


def open_encoder(name: str) -> Encoder:
    """`muse`, a folder that `acclimate debias` wrote, or any sentence-transformers model."""
    if name == muse.NAME:
        return muse.MuseEncoder.load()
    folder = Path(name).expanduser()
    if neutral.is_neutral(folder):
        return neutral.NeutralEncoder.load(folder, open_encoder)
    return DenseEncoder.load(name)
