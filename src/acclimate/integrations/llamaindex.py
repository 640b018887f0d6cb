"""LlamaIndex: an index folder as a retriever, an adapted model as an embedding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from acclimate.engine.engine import Engine
from acclimate.engine.records import DEFAULTS, SearchOptions
from acclimate.integrations.metadata import metadata_of
from acclimate.models.base import Encoder
from acclimate.models.encoders import open_encoder


class IndexRetriever(BaseRetriever):
    """Searches an index folder; `options` say how."""

    def __init__(self, engine: Engine, options: SearchOptions = DEFAULTS) -> None:
        super().__init__()
        self._engine = engine
        self._options = options

    @classmethod
    def open(cls, folder: str | Path, options: SearchOptions = DEFAULTS) -> IndexRetriever:
        """A retriever over an index folder."""
        return cls(Engine.open(Path(folder)), options)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        self._engine.refresh()  # what others have committed since
        found = self._engine.search(query_bundle.query_str, self._options)
        return [
            NodeWithScore(
                node=TextNode(
                    id_=result.passage.id,
                    text=result.passage.text,
                    metadata=metadata_of(result),
                ),
                score=result.score,
            )
            for result in found.results
        ]


class ModelEmbedding(BaseEmbedding):
    """An adapted model with its own prompts and similarity, for any vector store."""

    _encoder: Encoder = PrivateAttr()

    def __init__(self, model: str, **settings: Any) -> None:
        encoder = open_encoder(model)
        super().__init__(model_name=encoder.name, **settings)
        self._encoder = encoder

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex keeps it under."""
        return "AcclimateModelEmbedding"

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._encoder.encode_queries([query])[0].tolist()
        return vector

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [vector.tolist() for vector in self._encoder.encode_passages(texts)]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)
