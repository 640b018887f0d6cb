"""The narrow seam where ways of searching are swapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from acclimate.types import Hit, Query


class Retriever(Protocol):
    """Anything that ranks passages for queries."""

    @property
    def name(self) -> str: ...

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """The best k hits for each query, best first; equal scores are ordered by passage id."""
        ...
