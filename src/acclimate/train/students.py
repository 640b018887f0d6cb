"""The four kinds of student: how each is loaded to be trained, and what trains it."""

from __future__ import annotations

import torch

from acclimate.models.cross import CrossScorer
from acclimate.models.dense import DenseEncoder
from acclimate.models.multivector import MultiVectorTextEncoder
from acclimate.models.precision import training_attention
from acclimate.models.sparse import SparseTextEncoder
from acclimate.settings import StudentSettings, TrainSettings
from acclimate.train.cross import CrossTrainee
from acclimate.train.dense import DenseTrainee
from acclimate.train.late import LateTrainee
from acclimate.train.sparse import SparseTrainee
from acclimate.train.trainee import Trainee

Student = DenseEncoder | SparseTextEncoder | MultiVectorTextEncoder | CrossScorer


def load_student(student: StudentSettings, seed: int) -> Student:
    """The student that the settings name, as it is to be trained.

    A part that the model lacks for its kind, such as a cross-encoder's head, is drawn by the seed.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return _load(student)


def _load(student: StudentSettings) -> Student:
    name, dtype, attention = student.model, student.dtype, training_attention()
    length = student.max_seq_length
    if student.kind == "sparse":
        return SparseTextEncoder.load(name, dtype=dtype, max_seq_length=length, attention=attention)
    if student.kind == "late":
        return MultiVectorTextEncoder.load(
            name, dtype=dtype, max_seq_length=length, attention=attention
        )
    if student.kind == "cross-encoder":
        limit = {"max_tokens": length} if length else {}
        return CrossScorer.load(name, dtype=dtype, attention=attention, **limit)
    return learning_student(student)


def learning_student(student: StudentSettings) -> DenseEncoder:
    """A dense student as it is trained."""
    return DenseEncoder.load(
        student.model,
        similarity=student.similarity,
        dtype=student.dtype,
        max_seq_length=student.max_seq_length,
        attention=training_attention(),
    )


def trainee_of(student: Student, settings: TrainSettings) -> Trainee:
    """What trains a student of its kind."""
    if isinstance(student, SparseTextEncoder):
        return SparseTrainee(student, settings)
    if isinstance(student, MultiVectorTextEncoder):
        return LateTrainee(student)
    if isinstance(student, CrossScorer):
        return CrossTrainee(student)
    return DenseTrainee(student)
