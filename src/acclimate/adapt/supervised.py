"""Supervised training: from labels that are there to a student of any kind.

Read `supervised` first: read, mine, set apart, train, deliver.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from acclimate.adapt.apart import border, place
from acclimate.adapt.deliver import place_model, save_model
from acclimate.adapt.finished import MANIFEST
from acclimate.adapt.mine import mine
from acclimate.adapt.needed import uses
from acclimate.adapt.result import Training, TrainSummary
from acclimate.adapt.sources import FinishedRun, Given, Known, LabelSource
from acclimate.adapt.tools import Tools
from acclimate.errors import InputError, UsageError
from acclimate.progress import Progress, Silent
from acclimate.report.trained import training_card
from acclimate.runs import Rows, Run, Shard, key_of
from acclimate.settings import Recipe, TrainSettings
from acclimate.train.batches import Example, in_steps
from acclimate.train.course import Course
from acclimate.train.learner import Learner, several_refused
from acclimate.train.loop import VERSION, Task, train
from acclimate.train.students import Student, load_student
from acclimate.train.team import ALONE, Team
from acclimate.types import GeneratedQuery

SHARD = 4096


def supervised(
    source: LabelSource,
    out: Path,
    recipe: Recipe,
    progress: Progress | None = None,
    team: Team = ALONE,
) -> Training:
    """Train the recipe's student on the source's labels; everything is kept in the folder `out`.

    Running it again goes on where it stopped. Some queries are held out to choose the best step.
    The first process of a team calls this, while the others `follow`. Raises UsageError where
    the recipe does not fit the kind of student, InputError where the labels cannot be used,
    RunFolderBusy where another process works in `out`.
    """
    _check(recipe, out, team)
    # Before the labels are read and mined for, as a model may not do for its kind.
    student = load_student(recipe.student, recipe.seed)
    with Run(out, progress or Silent()) as run:
        given = source.read(run, graded=recipe.train.objective != "mnrl")
        tools = Tools(run, given.passages, recipe)

        known = with_negatives(tools, given)
        usable = [row for row in known if _is_usable(row, recipe)]
        learning, held_out = set_apart(usable, recipe.train, recipe.seed)

        chosen = replace(recipe, train=in_steps(recipe.train, len(learning), team.size))
        team.tell(chosen)
        course, model = _train(tools, chosen, student, learning, held_out, team)

        result = Training(
            source=source.name,
            passages_fingerprint=given.passages.fingerprint,
            passages=len(given.passages),
            recipe=chosen,
            folder=out,
            model=out / "model",
            examples=len(usable),
            held_out=len(held_out),
            dropped={"without negatives": len(known) - len(usable)},
            training=TrainSummary.of(course, team.size, "supervised"),
            models=uses([("student", recipe.student.model), *_miners(recipe, given)]),
        )
        place_model(model, training_card(result, isinstance(source, FinishedRun)), result.model)
        return team.tell(result)


def follow(team: Team) -> Training:
    """Train along with the first process of the team, and return what that one found out.

    Raises ProcessLost where it ends before.
    """
    recipe: Recipe = team.hear()
    Learner(load_student(recipe.student, recipe.seed), recipe.train, team).follow()
    found: Training = team.hear()
    return found


def _check(recipe: Recipe, out: Path, team: Team) -> None:
    """Refuse before the work what does not fit together."""
    kind, settings = recipe.student.kind, recipe.train
    for name, value in (("student.pictures", recipe.student.pictures),
                        ("train.freeze", settings.freeze)):  # fmt: skip
        if value:
            raise UsageError(
                f"{name} is {value!r}, which is for pictures with captions; leave it empty, or "
                "train with --recipe pictures"
            )
    if (out / MANIFEST).exists():
        raise UsageError(f"{out} holds a finished adapt, whose model/ this one would replace; "
                         "name another --out")  # fmt: skip
    if settings.mine_again:
        raise UsageError(
            f"train.mine_again is {settings.mine_again}, and new negatives have no labels here; "
            "set it to 0, or adapt, whose teacher labels them"
        )
    if kind == "dense":
        return
    if team.size > 1:
        raise several_refused(team.size)
    if settings.query_only:
        raise UsageError(
            f"train.query_only is for a dense student, and this one is {kind}; set it to false"
        )
    if recipe.student.similarity != "auto":
        raise UsageError(
            f"student.similarity is {recipe.student.similarity!r}, which only a dense student can "
            "be told; leave it at auto"
        )
    if "student" in recipe.mine.retrievers:
        raise UsageError(
            f"mine.retrievers names the student, which is {kind} and mines nothing; name bm25 or a "
            "dense encoder"
        )
    if settings.topic_passages:
        raise UsageError(
            f"train.topic_passages is {settings.topic_passages}; topics are told apart by a dense "
            "student's vectors, so set it to 0"
        )
    if kind == "cross-encoder" and not settings.negatives:
        raise UsageError(
            "train.negatives is 0; a cross-encoder reads pairs, and learns from its own negatives "
            "only, so set at least 1"
        )


def with_negatives(tools: Tools, given: Given) -> list[Known]:
    """The rows with what is mined for them, labelled 0, unless they have negatives of their own.

    A passage that has a label for the query, or a copy of one, is never mined for it.
    """
    if not _mines(tools.recipe, given):
        return list(given.known)
    rows = mine(tools, _asked(tools, given.known))
    found = {(row.query_id, row.positive_id): row.negatives for row in rows}
    labelled: dict[str, set[str]] = {}
    for row in given.known:
        copies = (given.passages.duplicates.get(each, (each,)) for each in row.passage_ids)
        labelled.setdefault(row.query_id, set()).update(*copies)
    extended = []
    for row in given.known:
        lists = found.get((row.query_id, row.passage_ids[0]), {}).values()
        mined = dict.fromkeys(each for ids in lists for each in ids)
        new = [each for each in mined if each not in labelled[row.query_id]]
        extended.append(
            replace(
                row,
                passage_ids=(*row.passage_ids, *new),
                values=(*row.values, *(0.0 for _ in new)),
            )
        )
    return extended


def _mines(recipe: Recipe, given: Given) -> bool:
    wanted = recipe.mine.retrievers and recipe.train.negatives
    return bool(wanted) and not given.complete


def _miners(recipe: Recipe, given: Given) -> list[tuple[str, str]]:
    names = recipe.mine.retrievers if _mines(recipe, given) else ()
    return [("negative miner", name) for name in names]


def _asked(tools: Tools, known: Sequence[Known]) -> Rows[GeneratedQuery]:
    """Each query with the passage to be found, as the miner takes them."""
    asked = [GeneratedQuery(row.query_id, row.text, row.passage_ids[0], "given") for row in known]
    key = key_of(
        "asked",
        tools.passages.fingerprint,
        [(row.id, row.text, row.passage_id) for row in asked],
    )

    def work(number: int, taken: list[GeneratedQuery]) -> Shard[GeneratedQuery]:
        del number
        return Shard(taken, {})

    return tools.run.stage("asked", GeneratedQuery, work, asked, key, SHARD, len(asked))


def _is_usable(row: Known, recipe: Recipe) -> bool:
    """Whether there is anything to compare the positive with: the batch, or its own negatives."""
    in_batch = recipe.train.objective == "mnrl" and recipe.student.kind != "cross-encoder"
    return in_batch or len(row.passage_ids) > 1


def set_apart(
    known: Sequence[Known], settings: TrainSettings, seed: int
) -> tuple[list[Known], list[Known]]:
    """Training rows and held-out rows; all of a query, and of a passage asked for, on one side.

    A query goes where the best of its passages goes, as a held-out query about a passage that was
    trained on would be half known.
    """
    best: dict[str, str] = {}
    for row in known:
        best.setdefault(row.text, row.passage_ids[0])

    places = [place(seed, best[row.text]) for row in known]
    last = border(places, settings)
    learning = [row for row, where in zip(known, places, strict=True) if where > last]
    if not learning:
        raise InputError(
            f"of {len(known)} queries with candidates none is left to train on when those of the "
            "held-out passages are set apart; give more labels, lower train.held_out, or let more "
            "negatives be mined (mine.positive_aware=0 keeps all)"
        )
    return learning, [row for row, where in zip(known, places, strict=True) if where <= last]


def _train(
    tools: Tools,
    recipe: Recipe,
    student: Student,
    learning: Sequence[Known],
    held_out: Sequence[Known],
    team: Team,
) -> tuple[Course, Path]:
    """Train the student, or take up the model that an earlier start finished."""
    passages = tools.passages
    task = Task(
        examples=[_example(tools, row) for row in learning],
        held_out=[_example(tools, row) for row in held_out],
        texts=passages.contents,
        vectors=tools.dense("student").vectors if recipe.train.topic_passages else np.empty((0, 0)),
        settings=recipe.train,
        topics_seed=recipe.seed,
    )
    key = key_of(
        "supervised",
        VERSION,
        recipe.train,
        recipe.seed,
        recipe.student.kind,
        student.identity,
        passages.fingerprint,
        _digest([*task.examples, *task.held_out]),
        # A batch of several processes is so many times as large.
        team.size,
    )
    folder = tools.run.folder_of("train", key)
    course = train(student, task, folder, tools.run.progress, team)
    if not (folder / "model").exists():
        save_model(student, folder / "model")
    return course, folder / "model"


def _example(tools: Tools, row: Known) -> Example:
    """Rows in the corpus with their labels; copies of one passage count as the first of them."""
    places: dict[int, float] = {}
    for passage_id, value in zip(row.passage_ids, row.values, strict=True):
        places.setdefault(tools.rows[tools.passages.first(passage_id)], value)
    return Example(
        row.text, np.array(list(places)), np.array(list(places.values()), dtype=np.float32)
    )


def _digest(examples: Sequence[Example]) -> str:
    """A hash of all that the training is told: queries, candidates, labels."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(hashlib.sha256(example.query.encode()).digest())
        digest.update(len(example.rows).to_bytes(8, "little"))
        digest.update(example.rows.tobytes() + example.values.tobytes())
    return digest.hexdigest()
