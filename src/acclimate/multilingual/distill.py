"""Multilingual knowledge distillation: a teacher of one language, a student of several.

Reimers and Gurevych, arXiv 2004.09813: what the teacher says of a sentence is what the student
shall say of it and of its translations.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from acclimate.errors import UsageError
from acclimate.formats.parallel import ParallelSource
from acclimate.formats.readreport import ReadReport
from acclimate.models.base import Similarity
from acclimate.models.dense import DenseEncoder
from acclimate.models.precision import training_attention
from acclimate.models.resolve import resolve
from acclimate.multilingual.distill_loss import distance_to_teacher
from acclimate.multilingual.distill_student import as_given, shaped_like
from acclimate.multilingual.distill_teacher import TeacherVectors, teacher_vectors
from acclimate.multilingual.pair_accuracy import measure_languages
from acclimate.multilingual.pair_exclude import Excluded
from acclimate.multilingual.pair_publish import publish
from acclimate.multilingual.pair_result import Multilingual, language_results
from acclimate.multilingual.pair_settings import DistillSettings
from acclimate.multilingual.pair_split import Split, split
from acclimate.multilingual.pair_store import Integers, PairStore, store_pairs
from acclimate.multilingual.pair_training import Lesson, PairTask, train_pairs
from acclimate.multilingual.picture_teacher import text_tower, with_pictures
from acclimate.multilingual.vocabulary_student import body_name, student_name
from acclimate.progress import Progress
from acclimate.runs import Run, key_of
from acclimate.train.saving import save_model


def distill(
    teacher: str,
    student: str,
    found: Sequence[ParallelSource],
    out: Path,
    settings: DistillSettings,
    excluded: Excluded,
    progress: Progress,
) -> Multilingual:
    """Teach a student the teacher's vectors in the languages of the translations.

    `student` is a model's name, `new` for the teacher's body with a new vocabulary, or `new:NAME`
    for another body. Of a teacher that reads pictures too the text tower teaches, and the student
    is given its picture tower. The model is OUT/model; called again with the same `out`, it
    resumes. Raises UsageError for translations that are not from the teacher's language.
    """
    report = ReadReport()
    with Run(out, progress) as run:
        store = store_pairs(run, found, settings.pairs.source_language, excluded, report)
        _check_languages(store, settings.pairs.source_language)
        parts = split(store, settings.pairs)
        texts = text_tower(run, teacher, student)
        master = as_given(DenseEncoder.load(texts))
        wanted = teacher_vectors(run, master, store, _asked(store, parts))
        name = student_name(run, student, texts, store, parts, settings.vocabulary)
        learner = shaped_like(_loaded(name, settings), master, settings.train.seed)
        held_out = {each: store.pairs(rows) for each, rows in parts.held_out.items()}
        before = measure_languages(learner, held_out)
        key = key_of(
            "distill", settings, learner.identity, master.identity, store.fingerprint,
            parts.fingerprint,
        )  # fmt: skip
        folder = run.folder_of("distill", key)
        course = train_pairs(learner, _task(store, parts, wanted, settings), folder, progress)
        if not (folder / "model").exists():
            save_model(learner, folder / "model")
        result = Multilingual(
            folder=out,
            model=out / "model",
            student=student,
            base=resolve(body_name(student, teacher)),
            teacher=resolve(teacher),
            agreement=_agreement(learner, store, parts, wanted),
            languages=language_results(parts, before, measure_languages(learner, held_out)),
            course=course,
            settings=settings,
            report=report,
        )
        publish(result, with_pictures(run, learner, folder / "model", teacher))
        return result


def _check_languages(store: PairStore, source: str) -> None:
    other = [language for language in store.languages if "-" in language]
    if other:
        raise UsageError(
            f"translations between {other[0].replace('-', ' and ')}, and the teacher reads "
            f"{source}; leave them out, or set pairs.source_language to what the teacher reads"
        )


def _asked(store: PairStore, parts: Split) -> Integers:
    """The rows of all source sentences that the training needs a vector of."""
    rows = [*parts.learning.values(), *parts.held_out.values()]
    return np.unique(store.source[np.concatenate(rows)])


def _loaded(name: str, settings: DistillSettings) -> DenseEncoder:
    return DenseEncoder.load(
        name, max_seq_length=settings.train.max_seq_length, attention=training_attention()
    )


def _task(
    store: PairStore, parts: Split, wanted: TeacherVectors, settings: DistillSettings
) -> PairTask:
    def lesson(rows: Integers) -> Lesson:
        return Lesson(store.pairs(rows), wanted.of(store.source[rows]))

    return PairTask(
        lesson,
        distance_to_teacher,
        list(parts.learning.values()),
        list(parts.held_out.values()),
        settings.pairs.balance,
        settings.train,
    )


def _agreement(
    student: DenseEncoder, store: PairStore, parts: Split, wanted: TeacherVectors
) -> float:
    """Mean cosine with the teacher on the source sentences that were held out."""
    rows = np.unique(store.source[np.concatenate(list(parts.held_out.values()))])
    given = Similarity.COSINE.prepare(student.encode_passages(store.sources(rows)))
    return float((given * Similarity.COSINE.prepare(wanted.of(rows))).sum(axis=1).mean())
