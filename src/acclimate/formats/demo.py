"""The packaged demonstration: Python's own documentation, with questions and judgments."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from acclimate.formats.beir import BeirFolder
from acclimate.formats.readreport import Placed, Tally
from acclimate.formats.rows import FieldNames
from acclimate.formats.source import whole
from acclimate.types import Judgment, Passage, Query

NAME = "python-stdlib"


class PythonStdlib:
    """The docstrings of the Python that runs this, with the questions that are packaged."""

    def __init__(self) -> None:
        folder = Path(str(resources.files("acclimate"))) / "data" / NAME
        self._labels = BeirFolder(folder, FieldNames("_id", "title", "text"))

    def passages(self, tally: Tally) -> Iterator[Placed[Passage]]:
        """One passage a documented object."""
        from acclimate.formats.stdlib import documents  # imports half of the standard library

        for document in documents():
            yield Placed(f"{NAME}: {document.id}", whole(document))

    def splits(self) -> list[str]:
        """The packaged splits."""
        return self._labels.splits()

    def queries(self, tally: Tally) -> Iterator[Placed[Query]]:
        """The packaged questions."""
        return self._labels.queries(tally)

    def judgments(self, split: str) -> Iterator[Placed[Judgment]]:
        """The packaged judgments."""
        return self._labels.judgments(split)


def location() -> str:
    """Where the documents come from."""
    return f"Python {sys.version_info.major}.{sys.version_info.minor} in {sys.base_prefix}"
