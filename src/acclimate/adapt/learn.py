"""Stage 5: the student learns from the pseudo-labels, and held-out queries choose the weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from acclimate.adapt.apart import Sides, border, place, sides
from acclimate.adapt.deliver import save_model
from acclimate.adapt.label import Labelled
from acclimate.adapt.pseudo import Pseudo, is_telling, keys_of
from acclimate.adapt.rounds import Round, Trained, begin_at, in_rounds
from acclimate.adapt.taken import Taken, starting_at
from acclimate.adapt.tools import Tools
from acclimate.errors import InputError
from acclimate.models.dense import DenseEncoder
from acclimate.runs import key_of
from acclimate.settings import Recipe
from acclimate.train.batches import Example, in_steps
from acclimate.train.loop import VERSION, Task, load_weights, train
from acclimate.train.students import learning_student
from acclimate.train.team import Team
from acclimate.types import GeneratedQuery


def gpl(tools: Tools, pseudo: Pseudo, start: str, team: Team) -> Taken:
    """Train on the generated queries with the recipe's objective."""
    return _train("gpl", tools, starting_at(start, tools.recipe), pseudo, team)


def qgen(tools: Tools, pseudo: Pseudo, start: str, team: Team) -> Taken:
    """Train on the generated queries without their labels (QGen: Ma et al., arXiv 2004.14503)."""
    recipe = starting_at(start, tools.recipe)
    recipe = replace(recipe, train=replace(recipe.train, objective="mnrl"))
    return _train("qgen", tools, recipe, pseudo, team)


def split(tools: Tools, pseudo: Pseudo) -> Sides[Labelled]:
    """Training and held-out queries. All queries of a passage and its copies are on one side.

    A held-out query about a passage that was trained on would be half known. A share of the
    telling queries is held out, and what else was asked of their passages with them.
    """
    settings = tools.recipe.train
    queries = pseudo.queries

    def place_of(row: Labelled) -> bytes:
        return place(tools.recipe.seed, tools.passages.first(queries[row.query_id].passage_id))

    telling = [row for row in pseudo.labelled if is_telling(queries[row.query_id])]
    last = border([place_of(row) for row in telling or pseudo.labelled], settings)
    found = sides(pseudo.labelled, [place_of(row) for row in pseudo.labelled], last)
    if not found.learning:
        raise InputError(
            f"of {len(pseudo.labelled)} queries none is left to train on when those of the "
            "held-out passages are set apart; give more passages, or lower train.held_out"
        )
    return found


def reporting(tools: Tools, pseudo: Pseudo) -> list[GeneratedQuery]:
    """The held-out queries that chose nothing, the telling ones among them where there are some."""
    told = dict.fromkeys(row.query_id for row in split(tools, pseudo).reporting)
    queries = [pseudo.queries[query_id] for query_id in told]
    return [query for query in queries if is_telling(query)] or queries


def _train(step: str, tools: Tools, recipe: Recipe, pseudo: Pseudo, team: Team) -> Taken:
    """Train the recipe's student, in rounds if the recipe wants several."""
    queries = split(tools, pseudo)
    chosen = replace(recipe, train=in_steps(recipe.train, len(queries.learning), team.size))
    trained, again = in_rounds(
        tools,
        pseudo,
        queries,
        chosen.train,
        lambda each: _train_round(tools, chosen, each, team),
    )
    return Taken(step, trained.folder / "model", trained.course, again)


def _train_round(tools: Tools, recipe: Recipe, each: Round, team: Team) -> Trained:
    """Train the recipe's student, or take up the model that an earlier start finished."""
    pseudo = each.pseudo
    team.tell(recipe)
    student = learning_student(recipe.student)
    key = key_of(
        "train",
        VERSION,
        recipe.train,
        recipe.label.weights,
        recipe.label.source_bonus,
        recipe.seed,
        student.identity,
        pseudo.mined.key,
        keys_of(pseudo.scores),
        # A batch of several processes is so many times as large.
        *([team.size] if team.size > 1 else []),
        *([each.before.name] if each.before else []),
    )
    folder = tools.run.folder_of("train", key)
    if each.before:
        begin_at(each.before, folder)

    def example(row: Labelled) -> Example:
        # Copies of one passage count as one, or a batch would tell them apart.
        rows = np.array([tools.rows[tools.passages.first(each)] for each in row.passage_ids])
        return Example(pseudo.queries[row.query_id].text, rows, row.values)

    task = Task(
        examples=[example(row) for row in each.learning],
        held_out=[example(row) for row in each.held_out],
        texts=tools.passages.contents,
        vectors=each.student.vectors,
        settings=recipe.train,
        topics_seed=recipe.seed,
        until=each.until,
    )
    course = train(student, task, folder, tools.run.progress, team)
    if not (folder / "model").exists():
        save_model(student, folder / "model")
    _save_checkpoints(student, folder)
    return Trained(folder, course)


def _save_checkpoints(student: DenseEncoder, folder: Path) -> None:
    """A model folder for each look whose weights were kept; the student ends as the last."""
    for weights in sorted(folder.glob("step-*.safetensors")):
        if not (folder / weights.stem).exists():
            load_weights(student.model, weights)
            save_model(student, folder / weights.stem)
