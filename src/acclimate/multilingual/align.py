"""The LaBSE recipe (Feng et al., arXiv 2007.01852): translations find each other, with no teacher.

Optionally hidden tokens are predicted first; then each sentence's translation is ranked above those
of the whole batch, in both directions and by a margin.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from acclimate.formats.parallel import ParallelSource
from acclimate.formats.readreport import ReadReport
from acclimate.models.base import Similarity
from acclimate.models.dense import DenseEncoder
from acclimate.models.precision import training_attention
from acclimate.models.resolve import resolve
from acclimate.multilingual.align_loss import additive_margin, same_texts
from acclimate.multilingual.align_pretrain import predict_hidden_tokens
from acclimate.multilingual.pair_accuracy import measure_languages
from acclimate.multilingual.pair_exclude import Excluded
from acclimate.multilingual.pair_publish import publish
from acclimate.multilingual.pair_result import Multilingual, language_results
from acclimate.multilingual.pair_settings import AlignSettings
from acclimate.multilingual.pair_split import Split, split
from acclimate.multilingual.pair_store import PairStore, store_pairs
from acclimate.multilingual.pair_training import Lesson, PairTask, train_pairs
from acclimate.multilingual.vocabulary_student import body_name, student_name
from acclimate.progress import Progress
from acclimate.runs import Run, key_of
from acclimate.train.saving import save_model

#: A student that is `new` and nothing else gets this one's body.
DEFAULT_BODY = "sentence-transformers/all-MiniLM-L6-v2"


def align(
    student: str,
    found: Sequence[ParallelSource],
    out: Path,
    settings: AlignSettings,
    excluded: Excluded,
    progress: Progress,
) -> Multilingual:
    """Teach a student to tell translations from other sentences.

    `student` is a model's name, or `new:NAME` for NAME's body with a new vocabulary. The model is
    OUT/model; called again with the same `out`, it resumes.
    """
    report = ReadReport()
    with Run(out, progress) as run:
        store = store_pairs(run, found, settings.pairs.source_language, excluded, report)
        parts = split(store, settings.pairs)
        name = student_name(run, student, DEFAULT_BODY, store, parts, settings.vocabulary)
        learner = DenseEncoder.load(
            name,
            similarity="cosine",
            max_seq_length=settings.train.max_seq_length,
            attention=training_attention(),
        )
        # So that whoever loads the model compares its vectors as they were trained.
        learner.model.similarity_fn_name = Similarity.COSINE.value
        held_out = {each: store.pairs(rows) for each, rows in parts.held_out.items()}
        before = measure_languages(learner, held_out)
        key = key_of("align", settings, learner.identity, store.fingerprint, parts.fingerprint)
        folder = run.folder_of("align", key)
        predict_hidden_tokens(learner, store, parts, settings, folder, progress)
        course = train_pairs(learner, _task(store, parts, settings), folder / "rank", progress)
        if not (folder / "model").exists():
            save_model(learner, folder / "model")
        result = Multilingual(
            folder=out,
            model=out / "model",
            student=student,
            base=resolve(body_name(student, DEFAULT_BODY)),
            teacher=None,
            agreement=None,
            languages=language_results(parts, before, measure_languages(learner, held_out)),
            course=course,
            settings=settings,
            report=report,
        )
        publish(result, folder / "model")
        return result


def _task(store: PairStore, parts: Split, settings: AlignSettings) -> PairTask:
    def loss(sources: Tensor, targets: Tensor, lesson: Lesson) -> Tensor:
        same = same_texts(lesson.pairs).to(sources.device)
        return additive_margin(sources, targets, same, settings.rank)

    return PairTask(
        lambda rows: Lesson(store.pairs(rows)),
        loss,
        list(parts.learning.values()),
        list(parts.held_out.values()),
        settings.pairs.balance,
        settings.train,
    )
