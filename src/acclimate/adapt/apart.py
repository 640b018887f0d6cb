"""Which queries are held out: decided by their passages, so that none is half known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from acclimate.settings import TrainSettings


def place(seed: int, passage_id: str) -> bytes:
    """Where a passage stands in the order in which they are held out: first the least."""
    return hashlib.sha256(f"{seed}/{passage_id}".encode()).digest()


def border(places: Sequence[bytes], settings: TrainSettings) -> bytes:
    """The last place that is held out, of those of all queries (at least one)."""
    if not places:
        return b""
    wanted = max(1, min(settings.max_held_out, round(settings.held_out * len(places))))
    return sorted(places)[wanted - 1]
