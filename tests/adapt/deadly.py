"""Runs that die: `adapt` in a process that kills itself when a certain file is about to appear."""

from __future__ import annotations

from pathlib import Path

from acclimate.adapt import filter as filter_stage
from acclimate.adapt import generate, label, mine, vectors
from acclimate.adapt.gpl import adapt
from acclimate.corpus import open_corpus
from acclimate.settings import Recipe
from dying import arm


def run(corpus: Path, out: Path, recipe: Recipe, fatal: str = "", nth: int = 1) -> None:
    """Adapt in small shards; die of the nth rename to a path that is like `fatal`."""
    generate.SHARD, generate.OWN_SHARD = 6, 8
    filter_stage.SHARD = mine.SHARD = 16
    label.SHARD = 64
    vectors.SHARD = 8
    if fatal:
        arm(f"{out}/{fatal}", nth)
    adapt(open_corpus(corpus), out, recipe, open_corpus(corpus))
