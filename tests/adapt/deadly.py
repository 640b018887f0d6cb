"""Runs that die: `adapt` in a process that kills itself when a certain file is about to appear.

Everything in a run folder appears by a rename, so that just before one is where a kill hurts.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from acclimate.adapt import filter as filter_stage
from acclimate.adapt import generate, label, mine, tools
from acclimate.adapt.gpl import adapt
from acclimate.corpus import open_corpus
from acclimate.settings import Recipe


def run(corpus: Path, out: Path, recipe: Recipe, fatal: str = "", nth: int = 1) -> None:
    """Adapt in small shards; die of the nth rename to a path that is like `fatal`."""
    generate.SHARD, generate.OWN_SHARD = 6, 8
    filter_stage.SHARD = mine.SHARD = 16
    label.SHARD = 64
    tools.VECTOR_SHARD = 8
    if fatal:
        arm(f"{out}/{fatal}", nth)
    adapt(open_corpus(corpus), out, recipe, open_corpus(corpus))


def arm(fatal: str, nth: int) -> None:
    """Die of the nth rename to a path that is like `fatal`."""
    for name in ("rename", "replace"):
        setattr(os, name, _deadly(getattr(os, name), fatal, nth))


def _deadly(rename: Callable[..., None], fatal: str, nth: int) -> Callable[..., None]:
    seen = 0

    def instead(source: Any, target: Any, **options: Any) -> None:
        nonlocal seen
        seen += fnmatch(str(target), fatal)
        if seen == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        rename(source, target, **options)

    return instead
