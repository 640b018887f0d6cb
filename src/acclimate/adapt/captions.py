"""Training a picture model on a collection of pictures whose captions are its queries.

Read `train_on_captions` first: read, set apart, start, train, deliver.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from acclimate.adapt.apart import border, place
from acclimate.adapt.deliver import place_model, save_model
from acclimate.adapt.finished import MANIFEST
from acclimate.adapt.needed import uses
from acclimate.adapt.result import Training, TrainSummary
from acclimate.corpus import Corpus
from acclimate.errors import InputError, UsageError
from acclimate.models.dense import DenseEncoder
from acclimate.models.dual import takes_pictures
from acclimate.models.packaged import sha256_of
from acclimate.models.two_towers import NEW, dual_encoder
from acclimate.progress import Progress, Silent
from acclimate.report.trained import training_card
from acclimate.runs import Run, key_of
from acclimate.settings import Recipe, StudentSettings, TrainSettings
from acclimate.train.batches import in_steps
from acclimate.train.captions import CaptionTask, train_captions
from acclimate.train.contrast import Captioned
from acclimate.train.course import Course
from acclimate.train.sides import SHARD
from acclimate.train.students import learning_student
from acclimate.types import Passage

#: What only trainings on texts know.
_UNHEEDED = (
    "query_only", "lora_rank", "merge", "topic_passages", "keep_checkpoints", "mine_again",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaptionedPictures:
    """Pictures by row, all distinct captions by row, and which belong together."""

    pictures: Sequence[Passage]
    captions: Sequence[str]
    pairs: Sequence[Captioned]
    fingerprint: str

    @property
    def judgments(self) -> int:
        """How many captions the pictures have, those of several counted for each."""
        return sum(len(each.captions) for each in self.pairs)


def train_on_captions(
    corpus: Corpus, split: str, out: Path, recipe: Recipe, progress: Progress | None = None
) -> Training:
    """Train the recipe's student on the split's captions; everything is kept in the folder `out`.

    Running it again goes on where it stopped. Some pictures are held out to choose the best step.
    Raises UsageError where the recipe does not fit, InputError where the collection has no pictures
    with captions, RunFolderBusy where another process works in `out`.
    """
    _check(recipe, out)
    with Run(out, progress or Silent()) as run:
        given = read_captions(corpus, split)
        learning, held_out = set_apart(given, recipe.train, recipe.seed)
        examples = sum(len(each.captions) for each in learning)
        chosen = replace(recipe, train=in_steps(recipe.train, examples))

        start = _start(run, recipe.student, recipe.seed)
        course, model = _train(run, start, chosen, given, learning, held_out)

        result = Training(
            source=f"{corpus.name}, captions of {split}",
            passages_fingerprint=given.fingerprint,
            passages=len(given.pictures),
            recipe=chosen,
            folder=out,
            model=out / "model",
            examples=given.judgments,
            held_out=given.judgments - examples,
            dropped={},
            training=TrainSummary.of(course, 1, "supervised"),
            models=uses(_roles(recipe.student)),
        )
        place_model(model, training_card(result, generated=False), result.model)
        return result


def read_captions(corpus: Corpus, split: str) -> CaptionedPictures:
    """The pictures of a split with a caption, which is a query judged above 0 for them."""
    texts = {query.id: query.text for query in corpus.queries(split)}
    said: dict[str, list[str]] = {}
    for row in corpus.judgments(split):
        if row.grade > 0:
            said.setdefault(row.passage_id, []).append(texts[row.query_id])
    pictures = [each for each in corpus.passages() if each.image and each.id in said]
    if not pictures:
        raise InputError(
            f"{corpus.name}: no picture with a caption in {split}; its rows need a column `image`, "
            "and its judgments say which query is a caption of which. Leave out --recipe pictures "
            "to train on texts"
        )
    captions = list(dict.fromkeys(text for each in pictures for text in said[each.id]))
    rows = {text: row for row, text in enumerate(captions)}
    pairs = [
        Captioned(row, np.unique([rows[text] for text in said[each.id]]))
        for row, each in enumerate(pictures)
    ]
    return CaptionedPictures(pictures, captions, pairs, _fingerprint(pictures, said))


def set_apart(
    given: CaptionedPictures, settings: TrainSettings, seed: int
) -> tuple[list[Captioned], list[Captioned]]:
    """Pictures to learn from, and pictures that are held out with all of their captions."""
    places = [place(seed, each.id) for each in given.pictures]
    last = border(places, settings)
    apart = [where <= last for where in places]
    learning = [pair for pair, held in zip(given.pairs, apart, strict=True) if not held]
    if len(learning) < 2:
        raise InputError(
            f"of {len(places)} pictures with captions {len(learning)} are left to learn from when "
            "some are held out; give at least three, or lower train.held_out"
        )
    return learning, [pair for pair, held in zip(given.pairs, apart, strict=True) if held]


def _check(recipe: Recipe, out: Path) -> None:
    """Refuse before the work what does not fit together."""
    student, settings = recipe.student, recipe.train
    if (out / MANIFEST).exists():
        raise UsageError(f"{out} holds a finished adapt, whose model/ this one would replace; "
                         "name another --out")  # fmt: skip
    if student.kind != "dense":
        raise UsageError(
            f"student.kind is {student.kind!r}; pictures and captions train a dense student"
        )
    if settings.per_device_train_batch_size < 2:
        raise UsageError(
            "train.per_device_train_batch_size is 1; a picture is told from the others of its "
            "batch, so set at least 2"
        )
    for name in _UNHEEDED:
        if getattr(settings, name):
            raise UsageError(
                f"train.{name} is {getattr(settings, name)}, which the objective clip does not "
                "know; leave it out"
            )


def _start(run: Run, student: StudentSettings, seed: int) -> StudentSettings:
    """The student's settings over the model that training starts from.

    A picture tower that is set beside a model of texts makes a folder of its own in the run.
    """
    if not student.pictures:
        return student
    text = DenseEncoder.load(student.model, dtype="float32", max_seq_length=student.max_seq_length)
    key = key_of("towers", student.model, text.identity, student.pictures, seed)
    folder = run.folder_of("start", key) / "model"
    if not folder.exists():
        whole = dual_encoder(text.model, student.pictures, seed)
        folder.parent.mkdir(parents=True, exist_ok=True)
        save_model(replace(text, model=whole), folder)
    return replace(student, model=str(folder))


def _train(
    run: Run,
    start: StudentSettings,
    recipe: Recipe,
    given: CaptionedPictures,
    learning: Sequence[Captioned],
    held_out: Sequence[Captioned],
) -> tuple[Course, Path]:
    """Train, or take up the model that an earlier start finished."""
    student = learning_student(start)
    if not takes_pictures(student.model):
        raise UsageError(
            f"{recipe.student.model} reads texts only; set student.pictures to a picture model "
            "such as efficientnet-lite0, or name a model that reads both"
        )
    bodies = key_of("kept", student.identity, recipe.train.freeze, SHARD, given.fingerprint)
    task = CaptionTask(
        pictures=[Path(each.image) for each in given.pictures],
        captions=given.captions,
        learning=learning,
        held_out=held_out,
        settings=recipe.train,
        kept=run.folder_of("kept", bodies),
    )
    key = key_of("captions", recipe.train, recipe.seed, student.identity, given.fingerprint)
    folder = run.folder_of("train", key)
    course, weights = train_captions(student, task, folder, run.progress)
    if not (folder / "model").exists():
        whole = learning_student(replace(start, dtype="float32"))
        _put(whole, weights)
        save_model(whole, folder / "model")
    return course, folder / "model"


@torch.no_grad()
def _put(student: DenseEncoder, weights: Mapping[str, Tensor]) -> None:
    """What learned; the rest stays as the start's folder has it, which bf16 would have rounded."""
    own = dict(student.model.named_parameters())
    for name, weight in weights.items():
        own[name].copy_(weight)


def _roles(student: StudentSettings) -> list[tuple[str, str]]:
    pictures = [] if student.pictures in ("", NEW) else [("picture tower", student.pictures)]
    return [("student", student.model), *pictures]


def _fingerprint(pictures: Sequence[Passage], said: Mapping[str, Sequence[str]]) -> str:
    """A hash of the pictures' files and of their captions."""
    digest = hashlib.sha256()
    for each in pictures:
        for part in (each.id, sha256_of(Path(each.image)), *said[each.id]):
            digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()
