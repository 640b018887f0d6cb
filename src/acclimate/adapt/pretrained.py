"""The steps that need no generated queries: pre-training on the corpus, and labels of another one.

The ways of pre-training are in `pretrain/methods.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from acclimate.adapt.deliver import save_model
from acclimate.adapt.pseudo import Pseudo
from acclimate.adapt.sources import label_source
from acclimate.adapt.supervised import supervised
from acclimate.adapt.taken import Step, Taken, starting_at
from acclimate.adapt.tools import Tools
from acclimate.errors import InputError
from acclimate.models.resolve import resolve
from acclimate.pretrain.loop import pretrain
from acclimate.pretrain.methods import METHODS
from acclimate.runs import key_of
from acclimate.train.course import Course
from acclimate.train.students import learning_student
from acclimate.train.team import Team

SUPERVISED = "supervised"


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
