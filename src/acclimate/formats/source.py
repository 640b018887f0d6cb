"""What every kind of collection offers; a source only reads, `corpus` decides what it means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from acclimate.formats.readreport import Placed, Tally
from acclimate.types import Document, Judgment, Passage, Query


class Source(Protocol):
    """A collection as it lies on disk: rows in file order, each with its place."""

    def passages(self, tally: Tally) -> Iterator[Placed[Passage]]:
        """Every passage, streamed."""
        ...

    def splits(self) -> list[str]:
        """The names under which judgments are kept; none where there are no judgments."""
        ...

    def queries(self, tally: Tally) -> Iterator[Placed[Query]]:
        """Every query, of whatever split."""
        ...

    def judgments(self, split: str) -> Iterator[Placed[Judgment]]:
        """Every judgment of one of `splits()`."""
        ...


class Unlabelled:
    """The part of a source that has documents and nothing else."""

    def splits(self) -> list[str]:
        """None: there are no judgments."""
        return []

    def queries(self, tally: Tally) -> Iterator[Placed[Query]]:
        """None."""
        return iter(())

    def judgments(self, split: str) -> Iterator[Placed[Judgment]]:
        """None."""
        return iter(())


#: Metadata under these names says where a passage was cut from; they have fields of their own.
CUT_FROM = ("document_id", "place")


def whole(document: Document) -> Passage:
    """A document that is one passage, under its own id."""
    said = document.metadata
    return Passage(
        id=document.id,
        text=document.text,
        title=document.title,
        document_id=str(said.get("document_id", document.id)),
        place=str(said.get("place", "")),
        metadata={name: value for name, value in said.items() if name not in CUT_FROM},
        image=document.image,
    )
