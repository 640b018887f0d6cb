"""From a name to a bi-encoder of whichever kind."""

from __future__ import annotations

from pathlib import Path

from acclimate.models import muse, neutral
from acclimate.models.base import Encoder
from acclimate.models.dense import DenseEncoder
from acclimate.models.dual import DualEncoder, takes_pictures


def open_encoder(name: str) -> Encoder:
    """`muse`, a folder that `acclimate debias` wrote, or any sentence-transformers model.

    A model with a tower for pictures gives a `PictureEncoder`.
    """
    if name == muse.NAME:
        return muse.MuseEncoder.load()
    folder = Path(name).expanduser()
    if neutral.is_neutral(folder):
        return neutral.NeutralEncoder.load(folder, open_encoder)
    encoder = DenseEncoder.load(name)
    return DualEncoder.of(encoder) if takes_pictures(encoder.model) else encoder
