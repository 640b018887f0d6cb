"""Generative Pseudo Labeling (Wang et al., arXiv 2112.07577): from passages to an adapted model.

Read `adapt` first: it is Figure 1 of the paper, one line a stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.adapt.apart import Sides, border, place, sides
from acclimate.adapt.artefacts import import_artefacts
from acclimate.adapt.check import check_teacher
from acclimate.adapt.deliver import (
    label_values,
    models_used,
    note_recommendation,
    publish,
    samples,
    save_model,
    verdict,
    write_runs,
)
from acclimate.adapt.filter import keep_consistent
from acclimate.adapt.finished import write_found, write_manifest
from acclimate.adapt.generate import Distinct, generate
from acclimate.adapt.label import Labelled, label, labels
from acclimate.adapt.measure import judged_by_people, judged_by_teacher, systems
from acclimate.adapt.mine import mine
from acclimate.adapt.result import Adaptation, StageCount, TeacherCheck, TrainSummary
from acclimate.adapt.rounds import Round, Trained, begin_at, in_rounds
from acclimate.adapt.steps import (
    Step,
    Taken,
    check_steps,
    pretraining,
    starting_at,
    take_steps,
    taught,
)
from acclimate.adapt.store import sampled, store_passages
from acclimate.adapt.tools import Tools
from acclimate.adapt.vectors import Asked
from acclimate.corpus import Corpus
from acclimate.errors import InputError
from acclimate.models.dense import DenseEncoder
from acclimate.models.sentences import OwnSentences
from acclimate.pretrain.methods import METHODS
from acclimate.progress import Progress, Silent
from acclimate.runs import Rows, Run, key_of
from acclimate.settings import Recipe
from acclimate.train.batches import Example
from acclimate.train.learner import Learner
from acclimate.train.loop import VERSION, Task, load_weights, train
from acclimate.train.students import learning_student
from acclimate.train.team import ALONE, Team
from acclimate.types import GeneratedQuery, Mined, Score


@dataclass(frozen=True, slots=True)
class Pseudo:
    """The pseudo-labelled data set D_GPL, and the rows that each stage made on the way."""

    queries: Mapping[str, GeneratedQuery]
    generated: Sequence[Rows[GeneratedQuery]]
    repeated: int
    kept: Rows[GeneratedQuery]
    mined: Rows[Mined]
    check: TeacherCheck
    scores: Sequence[Rows[Score]]
    labelled: Sequence[Labelled]


def adapt(
    corpus: Corpus,
    out: Path,
    recipe: Recipe,
    judged: Corpus | None = None,
    progress: Progress | None = None,
    imported: Path | None = None,
    team: Team = ALONE,
) -> Adaptation:
    """Adapt the recipe's student to the corpus; everything is kept in the folder `out`.

    Running it again goes on where it stopped. `imported` is a folder with the GPL code's files,
    taken up at the stage that they belong to. The first process of a team calls this, while the
    others `follow`: they help to train and do nothing else. Raises RunFolderBusy where another
    process works in `out`, InputError where the corpus or its judgments cannot be used.
    """
    check_steps(recipe, STEPS)
    with Run(out, progress or Silent()) as run:
        whole = store_passages(corpus, run)
        tools = Tools(run, sampled(whole, run, recipe.sample_passages, recipe.seed), recipe)

        pseudo = _take_up(tools, imported) if imported else pseudo_label(tools)
        taken = take_steps(tools, pseudo, STEPS, team)
        model = taken[-1].model
        write_manifest(out, pseudo.kept, pseudo.mined, pseudo.scores, recipe.label, recipe.seed)

        # Loaded as a user will, so that what is measured is what is delivered.
        adapted = tools.student_at(str(model))
        compared = systems(tools, adapted)
        told = dict.fromkeys(row.query_id for row in split(tools, pseudo).reporting)
        held_out = _telling([pseudo.queries[query_id] for query_id in told])
        label_free = judged_by_teacher(tools, compared, held_out)
        everywhere = tools.over(whole)
        by_people = (
            judged_by_people(everywhere, systems(everywhere, adapted), judged) if judged else None
        )
        decided = verdict(label_free, by_people, any(step.course.share > 0 for step in taken))

        asked = {query.id: query.text for query in held_out}
        if judged:
            asked |= {query.id: query.text for query in judged.queries(recipe.measure.split)}
        result = Adaptation(
            corpus=corpus.name,
            corpus_fingerprint=tools.passages.fingerprint,
            passages=len(tools.passages),
            recipe=recipe,
            folder=out,
            model=out / "model",
            recommended=str(out / "model") if decided.helped else tools.student.name,
            verdict=decided.text,
            stages=[
                *_counts(pseudo),
                *(row for step in taken for row in _counts_again(step.again)),
            ],
            teacher_check=pseudo.check,
            training=_summary(taken[-1], team),
            earlier=[_summary(step, team) for step in taken[:-1]],
            label_free=label_free,
            judged=by_people,
            samples=samples(tools, pseudo.queries, pseudo.labelled),
            label_values=label_values(pseudo.labelled, recipe.seed),
            models=models_used(tools),
            query_texts=asked,
            checkpoints=sorted(model.parent.glob("step-*/")),
        )
        publish(result, model)
        write_runs(result)
        write_found(result)
        note_recommendation(out, result.recommended)
        return team.tell(result)


def follow(team: Team) -> Adaptation:
    """Train along with the first process of the team, and return what that one found out.

    Raises ProcessLost where it ends before.
    """
    while not isinstance(told := team.hear(), Adaptation):
        if isinstance(told, Recipe):
            Learner(learning_student(told.student), told.train, team).follow()
    return told


def pseudo_label(tools: Tools) -> Pseudo:
    """Figure 1 of the paper up to the training: generate, (filter,) mine, label."""
    recipe = tools.recipe
    generated = generate(tools)
    distinct = Distinct(generated)
    tools.asked = Asked.by(distinct, _keys(generated))
    kept = keep_consistent(tools, distinct, len(tools.asked.texts), _keys(generated))
    mined = mine(tools, kept)
    queries = {query.id: query for query in kept}
    check = _check(tools, queries, mined)
    scores = label(tools, queries, mined)
    labelled = labels(mined, scores, recipe.label, recipe.seed)
    return Pseudo(queries, generated, distinct.dropped, kept, mined, check, scores, labelled)


def _take_up(tools: Tools, folder: Path) -> Pseudo:
    """The same from the files of the reference GPL code, at the stage where they end."""
    recipe = tools.recipe
    given = import_artefacts(tools, folder)
    kept, repeated = given.queries, 0
    tools.asked = Asked.by(given.queries, given.queries.key)
    if given.mined is None:
        distinct = Distinct([given.queries])
        kept = keep_consistent(tools, distinct, sum(1 for _ in distinct), given.queries.key)
        repeated = distinct.dropped
    mined = given.mined or mine(tools, kept)
    queries = {query.id: query for query in kept}
    check = _check(tools, queries, mined)
    scores = [] if given.labelled else label(tools, queries, mined)
    labelled = given.labelled or labels(mined, scores, recipe.label, recipe.seed)
    return Pseudo(queries, [given.queries], repeated, kept, mined, check, scores, labelled)


def _check(tools: Tools, queries: Mapping[str, GeneratedQuery], mined: Rows[Mined]) -> TeacherCheck:
    if len(mined) < 2:
        raise InputError(
            f"{len(queries)} queries were kept and {len(mined)} of them have negatives; at least "
            "2 are needed to train. Give more passages, raise generate.per_passage, or loosen "
            "filter.top_k"
        )
    telling = [row for row in mined if is_telling(queries[row.query_id])] or list(mined)
    check = check_teacher(tools, queries, telling)
    if check.warning:
        tools.run.progress.say(f"Warning: {check.warning}.")
    return check


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


def is_telling(query: GeneratedQuery) -> bool:
    """Whether finding its passage says anything: a passage's own sentence finds it by its words."""
    return query.style != OwnSentences.style


def _telling(queries: Sequence[GeneratedQuery]) -> list[GeneratedQuery]:
    """The telling ones, or all where none is."""
    return [query for query in queries if is_telling(query)] or list(queries)


def _gpl(tools: Tools, pseudo: Pseudo, start: str, team: Team) -> Taken:
    """Train on the generated queries with the recipe's objective."""
    return _train("gpl", tools, starting_at(start, tools.recipe), pseudo, team)


def _qgen(tools: Tools, pseudo: Pseudo, start: str, team: Team) -> Taken:
    """Train on the generated queries without their labels (QGen: Ma et al., arXiv 2004.14503)."""
    recipe = starting_at(start, tools.recipe)
    recipe = replace(recipe, train=replace(recipe.train, objective="mnrl"))
    return _train("qgen", tools, recipe, pseudo, team)


STEPS: Mapping[str, Step] = {
    "gpl": _gpl,
    "qgen": _qgen,
    "supervised": taught,
    **{name: pretraining(name) for name in METHODS},
}


def _train(step: str, tools: Tools, recipe: Recipe, pseudo: Pseudo, team: Team) -> Taken:
    """Train the recipe's student, in rounds if the recipe wants several."""
    trained, again = in_rounds(
        tools,
        pseudo,
        split(tools, pseudo),
        lambda each: _train_round(tools, recipe, each, team),
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
        _keys(pseudo.scores),
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


def _summary(taken: Taken, team: Team) -> TrainSummary:
    # Pre-training is the first process's work alone.
    processes = 1 if taken.step in METHODS else team.size
    return TrainSummary.of(taken.course, processes, taken.step)


def _counts(pseudo: Pseudo) -> list[StageCount]:
    counts = [_count(rows) for rows in pseudo.generated]
    dropped = {"repeated": pseudo.repeated, **pseudo.kept.counts}
    counts.append(StageCount("filter", len(pseudo.kept), dropped, pseudo.kept.seconds))
    mined = pseudo.mined
    counts.append(StageCount("mine", len(mined), mined.counts, mined.seconds))
    return counts + [_count(rows) for rows in pseudo.scores]


def _counts_again(again: Sequence[Pseudo]) -> list[StageCount]:
    """What was mined and labelled for the rounds after the first."""
    counts: list[StageCount] = []
    for number, pseudo in enumerate(again, 2):
        counts.append(_count(pseudo.mined, f" (round {number})"))
        counts += [_count(rows, f" (round {number})") for rows in pseudo.scores]
    return counts


def _count(rows: Rows[Any], note: str = "") -> StageCount:
    name = rows.folder.name.rpartition("-")[0]
    return StageCount(f"{name}{note}", len(rows), rows.counts, rows.seconds)


def _keys(stages: Sequence[Rows[GeneratedQuery]] | Sequence[Rows[Score]]) -> str:
    return "/".join(rows.key for rows in stages)
