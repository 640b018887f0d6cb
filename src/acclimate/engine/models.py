"""The models that an index folder names, each loaded once and when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TypeVar, cast

from acclimate.models.base import Encoder, PairScorer
from acclimate.models.encoders import open_encoder
from acclimate.models.multivector import MultiVectorTextEncoder, TokenVectors
from acclimate.models.sparse import SparseTextEncoder, SparseTexts
from acclimate.search.rerankers import open_reranker

Model = TypeVar("Model")


class Models:
    """Threads may share it: two that ask for one model wait for one loading."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[str, str], object] = {}
        self._lock = RLock()

    def dense(self, name: str) -> Encoder:
        """The bi-encoder of that name."""
        return self._once("dense", name, lambda: open_encoder(name))

    def sparse(self, name: str) -> SparseTexts:
        """The learned sparse encoder of that name."""
        return self._once("sparse", name, lambda: SparseTextEncoder.load(name))

    def late(self, name: str) -> TokenVectors:
        """The multi-vector encoder of that name."""
        return self._once("late", name, lambda: MultiVectorTextEncoder.load(name))

    def reranker(self, name: str) -> PairScorer:
        """The re-ranker called KIND:NAME."""
        return self._once("reranker", name, lambda: open_reranker(name))

    def labeller(self, name: str) -> PairScorer:
        """The same for long work, such as filtering the queries that documents are expanded by."""
        return self.reranker(name)

    def _once(self, role: str, name: str, load: Callable[[], Model]) -> Model:
        with self._lock:
            if (role, name) not in self._loaded:
                self._loaded[role, name] = load()
            return cast(Model, self._loaded[role, name])
