"""Inverse Cloze Task: a sentence finds the passage that it was taken from (arXiv 1906.00300)."""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from acclimate.models.dense import DenseEncoder
from acclimate.models.sentences import split_sentences
from acclimate.pretrain.contrast import in_batch, temperature_of
from acclimate.pretrain.encode import PASSAGE, QUERY, vectors
from acclimate.pretrain.method import Batch, Method
from acclimate.settings import IctSettings
from acclimate.types import Passage


class Ict(Method):
    """A sentence as query, its passage without it in nine of ten cases, the batch as negatives."""

    said = (
        "learned to find passages by sentences taken from them "
        "([ICT](https://arxiv.org/abs/1906.00300))"
    )

    #: Part of what names its folder; older ones were trained with titles inside first sentences.
    fingerprint = "titles apart"

    def __init__(self, student: DenseEncoder, settings: IctSettings) -> None:
        self.student = student
        self.removed = settings.removed
        self.temperature = temperature_of(student.similarity, settings.temperature)
        self.parts = nn.ModuleDict({"student": student.model})

    def read(self, passage: Passage) -> str:
        """With the title as a paragraph of its own: it is no part of the first sentence."""
        return f"{passage.title}\n\n{passage.text}".strip()

    def usable(self, text: str) -> bool:
        """A passage of one sentence would have nothing left."""
        return len(split_sentences(text)) > 1

    def loss(self, batch: Batch) -> Tensor:
        pairs = [self.cloze(text, batch.draw) for text in batch.texts]
        queries = vectors(self.student, [query for query, _ in pairs], QUERY)
        passages = vectors(self.student, [passage for _, passage in pairs], PASSAGE)
        return in_batch(queries, passages, self.temperature)

    def cloze(self, text: str, draw: np.random.Generator) -> tuple[str, str]:
        """A sentence of the passage, and the passage with or without it."""
        sentence = str(draw.choice(split_sentences(text)))
        whole = " ".join(text.split())
        if draw.random() >= self.removed:
            return sentence, whole
        # Sentences come with single spaces; short titles and fragments stay with the passage.
        return sentence, " ".join(whole.replace(sentence, " ", 1).split())
