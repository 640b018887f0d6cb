"""A student whose vectors are comparable with the teacher's: as long, and on the same scale."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from acclimate.models.base import Similarity
from acclimate.models.dense import DenseEncoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def shaped_like(student: DenseEncoder, teacher: DenseEncoder, seed: int) -> DenseEncoder:
    """The student with a linear layer where dimensions differ, and normalised as the teacher is.

    The layer's weights are drawn by the seed. The vectors are left as the model gives them, so
    that the training compares what is compared in use.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense
    from sentence_transformers.sentence_transformer.modules import Normalize

    parts: list[nn.Module] = [each for each in student.model if not isinstance(each, Normalize)]
    if student.dimension != teacher.dimension:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            layer = Dense(student.dimension, teacher.dimension, activation_function=nn.Identity())
        parts.append(layer.to(student.model.device, student.placement.dtype))
    if isinstance(_last(teacher.model), Normalize):
        parts.append(Normalize())
    model = SentenceTransformer(
        modules=parts,
        device=str(student.placement.device),
        prompts={name: text or "" for name, text in student.model.prompts.items()},
        default_prompt_name=student.model.default_prompt_name,
        similarity_fn_name=teacher.model.similarity_fn_name,
    )
    return replace(student, model=model.eval(), similarity=Similarity.DOT)


def as_given(encoder: DenseEncoder) -> DenseEncoder:
    """The same encoder, with its vectors as the model gives them instead of ready to compare."""
    return replace(encoder, similarity=Similarity.DOT)


def _last(model: SentenceTransformer) -> nn.Module:
    *_, last = model
    return last
