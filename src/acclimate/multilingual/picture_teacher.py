"""Distilling a picture model: its text tower teaches, and its picture tower stays as it is.

The student learns to be where the text tower is in other languages, and so finds the same pictures
(as in Carlsson et al., "Cross-lingual and Multilingual CLIP", LREC 2022).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from acclimate.errors import UsageError
from acclimate.models.dense import DenseEncoder
from acclimate.models.dual import takes_pictures
from acclimate.models.two_towers import PICTURE, TEXT, join, modules_of
from acclimate.multilingual.vocabulary_student import NEW
from acclimate.runs import Run, key_of
from acclimate.train.saving import save_model

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def text_tower(run: Run, teacher: str, student: str) -> str:
    """The teacher that reads texts: its text tower in a folder, or itself if it is nothing else.

    A model whose towers are one module, as CLIP's are, teaches as it is. It is no body for a
    student that is `new`, for which UsageError is raised.
    """
    loaded = DenseEncoder.load(teacher, dtype="float32")
    if not takes_pictures(loaded.model):
        return teacher
    if not _apart(loaded.model):
        if student == NEW:
            raise UsageError(
                f"{teacher} has its text tower and its picture tower in one module, which is no "
                "body for a new vocabulary; name one, such as new:all-MiniLM-L6-v2"
            )
        return teacher
    folder = run.folder_of("text-tower", key_of("text-tower", loaded.identity)) / "model"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        save_model(replace(loaded, model=_texts_alone(loaded.model)), folder)
    return str(folder)


def with_pictures(run: Run, student: DenseEncoder, trained: Path, teacher: str) -> Path:
    """The folder with the student and the teacher's picture tower; `trained` where it has none."""
    whole = DenseEncoder.load(teacher, dtype="float32")
    if not takes_pictures(whole.model):
        return trained
    folder = (
        run.folder_of("joined", key_of("joined", trained.parent.name, whole.identity)) / "model"
    )
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        own = student.model.float().to(whole.model.device)
        joined = join(modules_of(own, TEXT), modules_of(whole.model, PICTURE), whole.model)
        save_model(replace(student, model=joined.eval()), folder)
    return folder


def _apart(model: SentenceTransformer) -> bool:
    """Whether no weight stands in both towers."""
    texts, pictures = (
        {id(weight) for module in modules_of(model, kind) for weight in module.parameters()}
        for kind in (TEXT, PICTURE)
    )
    return not texts & pictures


def _texts_alone(model: SentenceTransformer) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        modules=list(modules_of(model, TEXT)),
        device=str(model.device),
        prompts={name: said or "" for name, said in model.prompts.items()},
        default_prompt_name=model.default_prompt_name,
        similarity_fn_name=model.similarity_fn_name,
    ).eval()
