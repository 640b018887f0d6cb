"""LangChain: an index folder as a retriever, an adapted model as embeddings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from acclimate.engine.engine import Engine
from acclimate.engine.records import DEFAULTS, SearchOptions
from acclimate.integrations.metadata import metadata_of
from acclimate.models.encoders import open_encoder


class IndexRetriever(BaseRetriever):
    """Searches an index folder; `options` say how."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    engine: Engine = Field(exclude=True)
    options: SearchOptions = DEFAULTS

    @classmethod
    def open(cls, folder: str | Path, options: SearchOptions = DEFAULTS) -> IndexRetriever:
        """A retriever over an index folder."""
        return cls(engine=Engine.open(Path(folder)), options=options)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **_: Any
    ) -> list[Document]:
        self.engine.refresh()  # what others have committed since
        return [
            Document(
                id=result.passage.id,
                page_content=result.passage.text,
                metadata=metadata_of(result),
            )
            for result in self.engine.search(query, self.options).results
        ]


class ModelEmbeddings(Embeddings):
    """An adapted model with its own prompts and similarity, for any vector store."""

    def __init__(self, model: str) -> None:
        self._encoder = open_encoder(model)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector for each text, ready for a dot product."""
        return [vector.tolist() for vector in self._encoder.encode_passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """The vector of one query."""
        vector: list[float] = self._encoder.encode_queries([text])[0].tolist()
        return vector
