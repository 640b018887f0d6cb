"""Haystack: an index folder as a retriever component."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict

from acclimate.engine.engine import Engine
from acclimate.engine.records import SearchOptions
from acclimate.integrations.metadata import metadata_of


@component
class IndexRetriever:
    """Searches an index folder; the keyword arguments are the fields of SearchOptions."""

    def __init__(self, folder: str, **options: Any) -> None:
        self.folder = folder
        self.options = SearchOptions(**options)
        self._engine: Engine | None = None

    def warm_up(self) -> None:
        """Open the folder and its models, once."""
        self._opened()

    def _opened(self) -> Engine:
        if self._engine is None:
            self._engine = Engine.open(Path(self.folder))
        return self._engine

    @component.output_types(documents=list[Document])
    def run(
        self, query: str, top_k: int | None = None, where: str | None = None
    ) -> dict[str, list[Document]]:
        """The best passages; `top_k` and `where` go before what the component was made with."""
        options = self.options
        if top_k is not None:
            options = replace(options, k=top_k)
        if where is not None:
            options = replace(options, where=where)
        engine = self._opened()
        engine.refresh()  # what others have committed since
        found = engine.search(query, options)
        return {
            "documents": [
                Document(
                    id=result.passage.id,
                    content=result.passage.text,
                    meta=metadata_of(result),
                    score=result.score,
                )
                for result in found.results
            ]
        }

    def to_dict(self) -> dict[str, Any]:
        """How a pipeline's file keeps the component."""
        kept: dict[str, Any] = default_to_dict(self, folder=self.folder, **asdict(self.options))
        return kept

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> IndexRetriever:
        """The component out of a pipeline's file."""
        made: IndexRetriever = default_from_dict(cls, data)
        return made
