"""What goes with a passage into another tool's document."""

from __future__ import annotations

from acclimate.engine.records import Result
from acclimate.types import Scalar


def metadata_of(result: Result) -> dict[str, Scalar]:
    """The passage's own metadata, and under names of ours where it comes from and how it ranked."""
    passage = result.passage
    own: dict[str, Scalar] = {
        "id": passage.id,
        "title": passage.title,
        "document_id": passage.document_id,
        "place": passage.place,
        "rank": result.rank,
        "score": result.score,
        "snippet": result.snippet.text,
    }
    return {**passage.metadata, **own}
