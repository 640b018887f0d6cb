"""What several stages share, made once and only if a stage asks: the student, indexes, vectors."""

from __future__ import annotations

from functools import cache, cached_property

from acclimate.adapt.store import PassageStore
from acclimate.adapt.vectors import NONE_ASKED, KeptQueries, StoredVectors, keep_vectors
from acclimate.indexes.base import Retriever
from acclimate.indexes.dense import ExactIndex
from acclimate.indexes.lexical import LexicalIndex, LexicalSettings
from acclimate.models.base import Encoder
from acclimate.models.dense import DenseEncoder
from acclimate.models.encoders import open_encoder
from acclimate.models.remembered import RememberedQueries
from acclimate.runs import Run, key_of
from acclimate.settings import Recipe


class Tools:
    """The parts of one run, each built at most once."""

    def __init__(self, run: Run, passages: PassageStore, recipe: Recipe) -> None:
        self.run = run
        self.passages = passages
        self.recipe = recipe
        #: The generated queries, once there are some.
        self.asked = NONE_ASKED
        self.encoder = cache(self._encoder)
        self.dense = cache(self._dense)

    def over(self, passages: PassageStore) -> Tools:
        """The same parts over other passages of the run; these where they are the same."""
        if passages is self.passages:
            return self
        others = Tools(self.run, passages, self.recipe)
        others.asked = self.asked
        return others

    @cached_property
    def student(self) -> DenseEncoder:
        """The retriever as it was before the adaptation."""
        return self.student_at(self.recipe.student.model)

    def student_at(self, model: str) -> DenseEncoder:
        """The student's settings over another model, as a user will load it."""
        student = self.recipe.student
        return DenseEncoder.load(
            model,
            similarity=student.similarity,
            dtype=student.dtype,
            max_seq_length=student.max_seq_length,
        )

    @cached_property
    def lexical(self) -> LexicalIndex:
        """BM25 over the corpus, in its language."""
        return LexicalIndex.build(self.passages, LexicalSettings(language=self.recipe.language))

    @cached_property
    def rows(self) -> dict[str, int]:
        """Each passage's row in the corpus, and in every index over it."""
        return {passage_id: row for row, passage_id in enumerate(self.passages.ids)}

    def retriever(self, name: str) -> Retriever:
        """The retriever that a recipe names: "bm25", "student", or an encoder."""
        return self.lexical if name == "bm25" else self.dense(name)

    def identity(self, name: str) -> str:
        """What decides the results of the retriever of that name over this corpus."""
        return self.lexical.identity if name == "bm25" else self.encoder(name).identity

    def _encoder(self, name: str) -> Encoder:
        encoder = self.student if name == "student" else open_encoder(name)
        return KeptQueries(RememberedQueries(encoder), self.run, lambda: self.asked)

    def _dense(self, name: str) -> ExactIndex:
        return self.index(self.encoder(name))

    def index(self, encoder: Encoder) -> ExactIndex:
        """An exact index over the corpus, whose vectors are kept in the run folder."""
        return ExactIndex(encoder, self.passages.ids, self._vectors(encoder))

    def _vectors(self, encoder: Encoder) -> StoredVectors:
        return keep_vectors(
            self.run,
            "vectors",
            key_of("vectors", self.passages.fingerprint, encoder.identity),
            (passage.content for passage in self.passages),
            (len(self.passages), encoder.dimension),
            encoder.encode_passages,
        )
