"""A ranking made elsewhere, answered from its TREC run file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from acclimate.errors import UsageError
from acclimate.formats.trec import read_run
from acclimate.ranking import ordered_hits
from acclimate.types import Hit, Query


class RunRetriever:
    """Answers with the hits that a run recorded; query texts are not looked at.

    As in TREC, a run has no lines for a query without hits, so a query that it lacks counts as
    answered by nothing (and costs measures their zero). A run that lacks every query that is asked
    belongs to other queries and is refused.
    """

    def __init__(self, name: str, run: Mapping[str, Sequence[Hit]]) -> None:
        self.name = name
        self._run = run

    @classmethod
    def load(cls, path: Path) -> RunRetriever:
        """Read a six-column TREC run; it is named after the file."""
        return cls(path.stem, read_run(path))

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """The best k recorded hits for each query, best first; equal scores by passage id."""
        if queries and not any(query.id in self._run for query in queries):
            known = ", ".join(repr(query_id) for query_id in list(self._run)[:3]) or "none at all"
            raise UsageError(
                f"run {self.name}: has none of the {len(queries)} queries asked, such as "
                f"{queries[0].id!r}; its own are {known}; give the run made for these queries"
            )
        return [ordered_hits(self._run.get(query.id, ()))[:k] for query in queries]
