"""What the model went through, in words: one clause for each step of the recipe."""

from __future__ import annotations

from acclimate.pretrain.methods import METHODS, needs_source
from acclimate.settings import Recipe

_QUERIES = "queries were made for the corpus's own passages"

_SAID = {
    "gpl": (
        f"{_QUERIES}, a teacher scored how well passages answer them, and the model learned to "
        "agree with the teacher ([GPL](https://arxiv.org/abs/2112.07577), Wang et al., NAACL 2022)"
    ),
    "qgen": (
        f"{_QUERIES}, and the model learned to find each by its query among the other passages of "
        "a batch ([QGen](https://arxiv.org/abs/2004.14503), Ma et al., EACL 2021)"
    ),
    "supervised": "the model learned from labels of another collection",
} | {name: f"the model {kind.method.said}" for name, kind in METHODS.items()}


def said(recipe: Recipe) -> str:
    """All steps in one sentence, in Markdown."""
    return "; then ".join(_SAID[step] for step in recipe.steps) + "."


def uses_queries(recipe: Recipe) -> bool:
    """Whether generated queries were trained on, and not only measured with."""
    return any(step in ("gpl", "qgen") for step in recipe.steps)


def source(recipe: Recipe) -> str:
    """The labelled collection that a step learned from besides; empty where none did."""
    return recipe.source.corpus if any(map(needs_source, recipe.steps)) else ""
