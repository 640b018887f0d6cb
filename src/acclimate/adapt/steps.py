"""The steps that a recipe trains its student in, each on the model of the one before.

The ways of pre-training are in `pretrain/methods.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from acclimate.adapt.deliver import save_model
from acclimate.adapt.sources import label_source
from acclimate.adapt.supervised import supervised
from acclimate.adapt.tools import Tools
from acclimate.errors import InputError, UsageError
from acclimate.models.resolve import resolve
from acclimate.pretrain.loop import pretrain
from acclimate.pretrain.methods import METHODS, needs_source
from acclimate.runs import key_of
from acclimate.settings import Recipe
from acclimate.train.course import Course
from acclimate.train.students import learning_student
from acclimate.train.team import Team

if TYPE_CHECKING:
    from acclimate.adapt.gpl import Pseudo


@dataclass(frozen=True, slots=True)
class Taken:
    """What a step made: the folder of its model, and the course of its training."""

    step: str
    model: Path
    course: Course
    #: The data sets of the rounds after the first, where negatives were mined anew.
    again: Sequence[Pseudo] = ()


SUPERVISED = "supervised"

#: Tools, pseudo-labelled data, the model to start from (a name or a folder), and the processes.
Step = Callable[[Tools, "Pseudo", str, Team], Taken]


def check_steps(recipe: Recipe, known: Iterable[str]) -> None:
    """Refuse at the start what would only fail hours later. Raises UsageError."""
    choices = ", ".join(sorted(known))
    if not recipe.steps:
        raise UsageError(f"steps is empty; name one or more of {choices}")
    for step in recipe.steps:
        if step not in known:
            raise UsageError(f"steps: there is no step {step!r}; choose from {choices}")
        if needs_source(step) and not recipe.source.corpus:
            raise UsageError(
                f"the step {step} learns from labels of another collection, and source.corpus "
                "names none; set it to one with judgments, such as a BEIR folder"
            )


def take_steps(tools: Tools, pseudo: Pseudo, steps: Mapping[str, Step], team: Team) -> list[Taken]:
    """Take the recipe's steps one after the other; the last one's model is the adapted one."""
    taken: list[Taken] = []
    for name in tools.recipe.steps:
        start = str(taken[-1].model) if taken else tools.recipe.student.model
        taken.append(steps[name](tools, pseudo, start, team))
    return taken


def pretraining(name: str) -> Step:
    """The step that pre-trains by a method, in the first process alone."""

    def step(tools: Tools, pseudo: Pseudo, start: str, team: Team) -> Taken:
        del pseudo, team
        return pretrained(tools, name, start)

    return step


def pretrained(tools: Tools, name: str, start: str) -> Taken:
    """Pre-train the start on the corpus, or take up the model that an earlier run finished."""
    recipe, passages = tools.recipe, tools.passages
    settings = recipe.pretrain
    student = learning_student(starting_at(start, recipe).student)
    limit = student.model.max_seq_length
    student.model.max_seq_length = settings.max_seq_length or limit
    kind = METHODS[name]
    method = kind.make(student, recipe)
    key = key_of(
        name,
        settings,
        *kind.settings(recipe),
        method.fingerprint,
        student.identity,
        passages.fingerprint,
    )
    folder = tools.run.folder_of(name, key)

    rows = [row for row, passage in enumerate(passages) if method.usable(method.read(passage))]
    if len(rows) < 2:
        raise InputError(
            f"{len(rows)} of {len(passages)} passages can be used by the step {name}, and at least "
            "2 are needed; leave that step out, or give passages of several sentences"
        )

    def texts(drawn: Sequence[int]) -> list[str]:
        return [method.read(each) for each in passages.get([passages.ids[row] for row in drawn])]

    course = pretrain(method, rows, texts, settings, folder, tools.run.progress)
    student.model.max_seq_length = limit
    if not (folder / "model").exists():
        save_model(student, folder / "model")
    return Taken(name, folder / "model", course)


def taught(tools: Tools, pseudo: Pseudo, start: str, team: Team) -> Taken:
    """Train on the labels of the recipe's source, as `acclimate train` does."""
    del pseudo
    recipe = starting_at(start, replace(tools.recipe, train=tools.recipe.supervised))
    source = label_source(recipe.source.corpus, recipe.source.split)
    folder = tools.run.folder_of(
        SUPERVISED, key_of(SUPERVISED, recipe.source, resolve(start).identity)
    )
    found = supervised(source, folder, recipe, tools.run.progress, team)
    ran = found.training
    course = Course(ran.steps, ran.best_step, ran.seconds, list(ran.points), list(ran.mixtures))
    return Taken(SUPERVISED, found.model, course)


def starting_at(start: str, recipe: Recipe) -> Recipe:
    """The recipe with another model as its student."""
    return replace(recipe, student=replace(recipe.student, model=start))
