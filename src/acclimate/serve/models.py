"""The engine's models behind batches: what several requests ask of one model goes through it once.

Every use of a model goes through its lock, because the tokenizers of transformers are no things to
share between threads ("Already borrowed"); long work lets go of it between slices, and queries come
before it, so that none waits until a thousand new documents are encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from acclimate.engine.models import Models
from acclimate.models.base import Encoder, PairScorer, PictureEncoder, Similarity, Vectors
from acclimate.models.dense import DenseEncoder
from acclimate.models.loading import fill_in_steps
from acclimate.models.multivector import MultiVectorTextEncoder, TokenVectors
from acclimate.models.sparse import SparseTextEncoder, SparseTexts, SparseVector
from acclimate.pictures.read import PictureSource
from acclimate.serve.batching import Batcher, nobody, unseen
from acclimate.serve.settings import Batching
from acclimate.serve.turns import Turns
from acclimate.types import Passage, Query

#: Texts are filled up to multiples of so many tokens.
STEP = 8
#: Passages encoded, or pairs of long work read, before waiting queries get their turn.
SLICE = 32

In = TypeVar("In")
Out = TypeVar("Out")
Row = TypeVar("Row")
Given = TypeVar("Given", covariant=True)


class Batchers:
    """Every batcher of a service, by the name of what it works for."""

    def __init__(self, settings: Batching) -> None:
        self._settings = settings
        self._open: dict[str, Batcher[Any, Any]] = {}
        #: How many searches are under way.
        self.under_way: Callable[[], int] = nobody
        #: Told the name and the size of every batch.
        self.observe: Callable[[str, int], None] = lambda _, size: unseen(size)

    def open(self, name: str, work: Callable[[list[In]], Sequence[Out]]) -> Batcher[In, Out]:
        """A new batcher."""
        # Both functions are looked up at each call: models are loaded before there is a service.
        batcher = Batcher(
            name,
            work,
            self._settings,
            lambda: self.under_way(),
            lambda size: self.observe(name, size),
        )
        self._open[name] = batcher
        return batcher

    def waiting(self) -> int:
        """Items that wait for a model."""
        return sum(batcher.waiting for batcher in list(self._open.values()))

    def close(self, timeout: float) -> bool:
        """Work off what waits; False where that took longer."""
        ended = [batcher.close(timeout) for batcher in self._open.values()]
        return all(ended)


class ServingModels(Models):
    """Models whose queries, and pairs to re-rank, go through batches."""

    def __init__(self, settings: Batching | None = None) -> None:
        super().__init__()
        self.batchers = Batchers(settings or Batching())

    def dense(self, name: str) -> Encoder:
        """The bi-encoder of that name."""
        load = partial(super().dense, name)
        return self._once("batched dense", name, lambda: _batched(_evenly(load()), self.batchers))

    def sparse(self, name: str) -> SparseTexts:
        """The learned sparse encoder of that name."""
        load = partial(super().sparse, name)
        return self._once(
            "batched sparse", name, lambda: BatchedSparse(_evenly(load()), self.batchers)
        )

    def late(self, name: str) -> TokenVectors:
        """The multi-vector encoder of that name."""
        load = partial(super().late, name)
        return self._once("batched late", name, lambda: BatchedLate(_evenly(load()), self.batchers))

    def reranker(self, name: str) -> PairScorer:
        """The re-ranker called KIND:NAME."""
        load = partial(super().reranker, name)
        return self._once("batched reranker", name, lambda: BatchedScorer(load(), self.batchers))

    def labeller(self, name: str) -> PairScorer:
        """The same for long work, which takes its turns between requests."""
        return InTurns(self.reranker(name))


class BatchedEncoder:
    """An Encoder whose queries are encoded together with those of other threads."""

    def __init__(self, encoder: Encoder, batchers: Batchers) -> None:
        self._encoder = encoder
        self._shared: _Shared[Vectors] = _Shared(f"dense {encoder.name}", encoder, batchers)

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def identity(self) -> str:
        return self._encoder.identity

    @property
    def similarity(self) -> Similarity:
        return self._encoder.similarity

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension)."""
        return self._stacked(self._shared.queries(texts))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension)."""
        return self._stacked(self._shared.passages(texts))

    def _stacked(self, rows: Sequence[Vectors]) -> Vectors:
        return np.stack(rows) if rows else np.zeros((0, self.dimension), dtype=np.float32)


class BatchedPictureEncoder(BatchedEncoder):
    """The same for an encoder that takes pictures, one of which is decoded at a time."""

    def __init__(self, encoder: PictureEncoder, batchers: Batchers) -> None:
        super().__init__(encoder, batchers)
        self._pictures = encoder

    def encode_pictures(self, pictures: Sequence[PictureSource]) -> Vectors:
        """Vectors of shape (len(pictures), dimension)."""
        rows: list[Vectors] = []
        for picture in pictures:
            # Under the lock, so that many large pictures at once do not fill the memory.
            with self._shared.turns.short():
                rows.extend(self._pictures.encode_pictures([picture]))
        return self._stacked(rows)


def _evenly(encoder: In) -> In:
    """The encoder, whose model has few shapes of input from now on."""
    inner: Any = encoder
    while hasattr(inner, "encoder"):
        inner = inner.encoder
    if isinstance(inner, DenseEncoder | SparseTextEncoder | MultiVectorTextEncoder):
        fill_in_steps(inner.model, STEP)
    return encoder


def _batched(encoder: Encoder, batchers: Batchers) -> BatchedEncoder:
    if isinstance(encoder, PictureEncoder):
        return BatchedPictureEncoder(encoder, batchers)
    return BatchedEncoder(encoder, batchers)


class _BatchedLists(Generic[Row]):
    """An encoder of a list a text, whose queries are encoded together with other threads'."""

    def __init__(self, kind: str, encoder: _Named[Row], batchers: Batchers) -> None:
        self.name = encoder.name
        self.identity = encoder.identity
        self._shared: _Shared[Row] = _Shared(f"{kind} {encoder.name}", encoder, batchers)

    def encode_queries(self, texts: Sequence[str]) -> list[Row]:
        """One row for each text, in order."""
        return self._shared.queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> list[Row]:
        """One row for each text, in order."""
        return self._shared.passages(texts)


class BatchedSparse(_BatchedLists[SparseVector]):
    """A learned sparse encoder behind batches."""

    def __init__(self, encoder: SparseTexts, batchers: Batchers) -> None:
        super().__init__("sparse", encoder, batchers)
        self.token = encoder.token


class BatchedLate(_BatchedLists[Vectors]):
    """A multi-vector encoder behind batches."""

    def __init__(self, encoder: TokenVectors, batchers: Batchers) -> None:
        super().__init__("late", encoder, batchers)
        self.dimension = encoder.dimension


class BatchedScorer:
    """A PairScorer that reads pairs of several requests together."""

    def __init__(self, scorer: PairScorer, batchers: Batchers) -> None:
        self._scorer = scorer
        # Only its batcher's thread uses the model, so that it needs no lock.
        self._batches = batchers.open(scorer.name, scorer.score)

    @property
    def name(self) -> str:
        return self._scorer.name

    @property
    def identity(self) -> str:
        return self._scorer.identity

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        """One score a pair."""
        return self._batches.get_all(pairs)


@dataclass(frozen=True, slots=True)
class InTurns:
    """A PairScorer for more pairs than a request may wait for: each slice waits by itself."""

    scorer: PairScorer

    @property
    def name(self) -> str:
        return self.scorer.name

    @property
    def identity(self) -> str:
        return self.scorer.identity

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        """One score a pair."""
        scores: list[float] = []
        for start in range(0, len(pairs), SLICE):
            scores.extend(self.scorer.score(pairs[start : start + SLICE]))
        return scores


class _Encodes(Protocol[Given]):
    """What every kind of encoder has; the rows of an array count as rows here."""

    def encode_queries(self, texts: Sequence[str]) -> Iterable[Given]: ...

    def encode_passages(self, texts: Sequence[str]) -> Iterable[Given]: ...


class _Named(_Encodes[Given], Protocol[Given]):
    """One that can be told from others."""

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str: ...


class _Shared(Generic[Row]):
    """One encoder, shared by threads: its queries in batches, its passages in slices."""

    def __init__(self, name: str, encoder: _Encodes[Row], batchers: Batchers) -> None:
        self._encoder = encoder
        #: Held by whoever uses the model.
        self.turns = Turns()
        self._batches: Batcher[str, Row] = batchers.open(name, self._encode)

    def queries(self, texts: Sequence[str]) -> list[Row]:
        """One row for each text; waits for a batch."""
        return self._batches.get_all(texts)

    def passages(self, texts: Sequence[str]) -> list[Row]:
        """One row for each text."""
        rows: list[Row] = []
        for start in range(0, len(texts), SLICE):
            with self.turns.long():
                rows.extend(self._encoder.encode_passages(texts[start : start + SLICE]))
        return rows

    def _encode(self, texts: list[str]) -> list[Row]:
        # One query may be asked for by several searches, as a comparison does.
        distinct = list(dict.fromkeys(texts))
        with self.turns.short():
            rows = dict(zip(distinct, self._encoder.encode_queries(distinct), strict=True))
        return [rows[text] for text in texts]
