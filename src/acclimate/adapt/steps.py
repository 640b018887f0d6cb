"""The steps that a recipe trains its student in, each on the model of the one before."""

from __future__ import annotations

from collections.abc import Mapping

from acclimate.adapt.learn import gpl, qgen
from acclimate.adapt.pretrained import SUPERVISED, pretraining, taught
from acclimate.adapt.pseudo import Pseudo
from acclimate.adapt.taken import Step, Taken
from acclimate.adapt.tools import Tools
from acclimate.errors import UsageError
from acclimate.pretrain.methods import METHODS, needs_source
from acclimate.settings import Recipe
from acclimate.train.team import Team

STEPS: Mapping[str, Step] = {
    "gpl": gpl,
    "qgen": qgen,
    SUPERVISED: taught,
    **{name: pretraining(name) for name in METHODS},
}


def check_steps(recipe: Recipe) -> None:
    """Refuse at the start what would only fail hours later. Raises UsageError."""
    _check_student(recipe)
    choices = ", ".join(sorted(STEPS))
    if not recipe.steps:
        raise UsageError(f"steps is empty; name one or more of {choices}")
    for step in recipe.steps:
        if step not in STEPS:
            raise UsageError(f"steps: there is no step {step!r}; choose from {choices}")
        if needs_source(step) and not recipe.source.corpus:
            raise UsageError(
                f"the step {step} learns from labels of another collection, and source.corpus "
                "names none; set it to one with judgments, such as a BEIR folder"
            )


def _check_student(recipe: Recipe) -> None:
    if recipe.student.kind != "dense":
        raise UsageError(
            f"student.kind is {recipe.student.kind!r}; GPL adapts a dense student. Train one "
            "of another kind on its labels: acclimate train RUN --out DIR --kind KIND"
        )
    if recipe.train.epochs and recipe.train.topic_passages:
        raise UsageError(
            f"train.epochs is {recipe.train.epochs}, but topic batches have no epochs; set one of "
            "train.epochs and train.topic_passages to 0"
        )


def take_steps(tools: Tools, pseudo: Pseudo, team: Team) -> list[Taken]:
    """Take the recipe's steps one after the other; the last one's model is the adapted one."""
    taken: list[Taken] = []
    for name in tools.recipe.steps:
        start = str(taken[-1].model) if taken else tools.recipe.student.model
        taken.append(STEPS[name](tools, pseudo, start, team))
    return taken
