"""Generative Pseudo Labeling (Wang et al., arXiv 2112.07577): from passages to an adapted model.

Read `adapt` first: it is Figure 1 of the paper, one line a stage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from acclimate.adapt.check import check_teacher
from acclimate.adapt.deliver import (
    label_values,
    models_used,
    note_recommendation,
    publish,
    samples,
    save_model,
    verdict,
)
from acclimate.adapt.filter import keep_consistent
from acclimate.adapt.generate import Distinct, generate
from acclimate.adapt.label import Labelled, label
from acclimate.adapt.measure import judged_by_people, judged_by_teacher, systems
from acclimate.adapt.mine import mine
from acclimate.adapt.result import Adaptation, StageCount, TrainSummary
from acclimate.adapt.store import store_passages
from acclimate.adapt.tools import Tools
from acclimate.corpus import Corpus
from acclimate.errors import InputError
from acclimate.models.dense import DenseEncoder
from acclimate.progress import Progress, Silent
from acclimate.runs import Rows, Run, key_of
from acclimate.settings import Recipe
from acclimate.train.batches import Example
from acclimate.train.course import Course
from acclimate.train.loop import Task, train
from acclimate.types import GeneratedQuery, Mined, Score


@dataclass(frozen=True, slots=True)
class Pseudo:
    """The pseudo-labelled data set D_GPL, and the rows that each stage made on the way."""

    queries: Mapping[str, GeneratedQuery]
    generated: Sequence[Rows[GeneratedQuery]]
    repeated: int
    kept: Rows[GeneratedQuery]
    mined: Rows[Mined]
    scores: Sequence[Rows[Score]]
    labelled: Sequence[Labelled]


def adapt(
    corpus: Corpus,
    out: Path,
    recipe: Recipe,
    judged: Corpus | None = None,
    progress: Progress | None = None,
) -> Adaptation:
    """Adapt the recipe's student to the corpus; everything is kept in the folder `out`.

    Running it again goes on where it stopped. Raises RunFolderBusy where another process works
    in `out`, InputError where the corpus or its judgments cannot be used.
    """
    with Run(out, progress or Silent()) as run:
        tools = Tools(run, store_passages(corpus, run), recipe)

        generated = generate(tools)
        distinct = Distinct(generated)
        kept = keep_consistent(tools, distinct, sum(map(len, generated)), _keys(generated))
        mined = mine(tools, kept)
        queries = {query.id: query for query in kept}
        _refuse_too_few(queries, mined)
        check = check_teacher(tools, queries, list(mined))
        run.progress.say(check.warning)
        labelled, scores = label(tools, queries, mined)
        course, model = _train(tools, queries, labelled, scores)

        pseudo = Pseudo(queries, generated, distinct.dropped, kept, mined, scores, labelled)
        adapted = _reload(tools, model)
        compared = systems(tools, adapted)
        held_out = [queries[row.query_id] for row in split(tools, queries, labelled)[1]]
        label_free = judged_by_teacher(tools, compared, held_out)
        by_people = judged_by_people(tools, compared, judged) if judged else None
        decided = verdict(label_free, by_people, course.best_step)

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
            stages=_counts(pseudo),
            teacher_check=check,
            training=TrainSummary(course.points, course.best_step, course.step, course.seconds),
            label_free=label_free,
            judged=by_people,
            samples=samples(tools, queries, labelled),
            label_values=label_values(labelled, recipe.seed),
            models=models_used(tools),
            query_texts=asked,
        )
        publish(result, model)
        note_recommendation(out, result.recommended)
        return result


def split(
    tools: Tools, queries: Mapping[str, GeneratedQuery], labelled: Sequence[Labelled]
) -> tuple[list[Labelled], list[Labelled]]:
    """Training and held-out queries. All queries of a passage fall on the same side.

    A held-out query about a passage that was trained on would be half known.
    """
    settings = tools.recipe.train

    def place(row: Labelled) -> bytes:
        passage_id = queries[row.query_id].passage_id
        return hashlib.sha256(f"{tools.recipe.seed}/{passage_id}".encode()).digest()

    wanted = max(1, min(settings.max_held_out, round(settings.held_out * len(labelled))))
    border = sorted(map(place, labelled))[wanted - 1]
    return (
        [row for row in labelled if place(row) > border],
        [row for row in labelled if place(row) <= border],
    )


def _train(
    tools: Tools,
    queries: Mapping[str, GeneratedQuery],
    labelled: Sequence[Labelled],
    scores: Sequence[Rows[Score]],
) -> tuple[Course, Path]:
    """Train the student, or take up the model that an earlier start finished."""
    recipe, passages = tools.recipe, tools.passages
    key = key_of(
        "train", recipe.train, recipe.label, recipe.seed, tools.student.identity, _keys(scores)
    )
    folder = tools.run.folder_of("train", key)
    learning, held_out = split(tools, queries, labelled)

    def example(row: Labelled) -> Example:
        rows = np.array([tools.rows[passage_id] for passage_id in row.passage_ids])
        return Example(queries[row.query_id].text, rows, row.values)

    def texts(rows: Sequence[int]) -> list[str]:
        return [each.content for each in passages.get([passages.ids[row] for row in rows])]

    student = DenseEncoder.load(
        recipe.student.model,
        similarity=recipe.student.similarity,
        dtype=recipe.student.dtype,
        max_seq_length=recipe.student.max_seq_length,
    )
    task = Task(
        examples=[example(row) for row in learning],
        held_out=[example(row) for row in held_out],
        texts=texts,
        vectors=tools.dense("student").vectors,
        settings=recipe.train,
        seed=recipe.seed,
    )
    course = train(student, task, folder, tools.run.progress)
    if not (folder / "model").exists():
        save_model(student, folder / "model")
    return course, folder / "model"


def _reload(tools: Tools, model: Path) -> DenseEncoder:
    """The saved model as a user will load it, so that what is measured is what is delivered."""
    student = tools.recipe.student
    return DenseEncoder.load(
        str(model),
        similarity=student.similarity,
        dtype=student.dtype,
        max_seq_length=student.max_seq_length,
    )


def _counts(pseudo: Pseudo) -> list[StageCount]:
    counts = [
        StageCount(rows.folder.name.rpartition("-")[0], len(rows), rows.counts, rows.seconds)
        for rows in pseudo.generated
    ]
    dropped = {"repeated": pseudo.repeated, **pseudo.kept.counts}
    counts.append(StageCount("filter", len(pseudo.kept), dropped, pseudo.kept.seconds))
    mined = pseudo.mined
    counts.append(StageCount("mine", len(mined), mined.counts, mined.seconds))
    for rows in pseudo.scores:
        name = rows.folder.name.rpartition("-")[0]
        counts.append(StageCount(name, len(rows), rows.counts, rows.seconds))
    return counts


def _keys(stages: Sequence[Rows[GeneratedQuery]] | Sequence[Rows[Score]]) -> str:
    return "/".join(rows.key for rows in stages)


def _refuse_too_few(queries: Mapping[str, GeneratedQuery], mined: Rows[Mined]) -> None:
    if len(mined) < 2:
        raise InputError(
            f"{len(queries)} queries were kept and {len(mined)} of them have negatives; at least "
            "2 are needed to train. Give more passages, raise generate.per_passage, or loosen "
            "filter.top_k"
        )
