"""Answers read from a run file, and results without the query's own text."""

from __future__ import annotations

from pathlib import Path

import pytest

from acclimate.errors import UsageError
from acclimate.search.drop import DropSameId
from acclimate.search.run import RunRetriever
from acclimate.types import Hit, Query

RUN = {"1": [Hit("a", 1.0), Hit("c", 3.0), Hit("b", 3.0)], "2": [Hit("2", 9.0), Hit("a", 1.0)]}


def test_run_is_ranked_by_score_then_id_and_cut_at_k() -> None:
    run = RunRetriever("theirs", RUN)
    assert run.search([Query("1", "")], 2) == [[Hit("b", 3.0), Hit("c", 3.0)]]


def test_query_that_the_run_lacks_counts_as_answered_by_nothing() -> None:
    run = RunRetriever("theirs", RUN)
    assert run.search([Query("7", ""), Query("2", "")], 1) == [[], [Hit("2", 9.0)]]
    assert run.search([], 5) == []


def test_run_for_other_queries_is_refused() -> None:
    with pytest.raises(UsageError, match=r"none of the 2 queries asked, such as 'q8'.*'1', '2'"):
        RunRetriever("theirs", RUN).search([Query("q8", ""), Query("q9", "")], 5)


def test_run_is_read_from_a_trec_file(tmp_path: Path) -> None:
    path = tmp_path / "theirs.trec"
    path.write_text("1 Q0 a 1 0.5 tag\n1 Q0 b 2 0.75 tag\n", encoding="utf-8")
    run = RunRetriever.load(path)
    assert run.name == "theirs"
    assert run.search([Query("1", "")], 5) == [[Hit("b", 0.75), Hit("a", 0.5)]]


def test_own_id_is_dropped_and_its_place_filled() -> None:
    dropped = DropSameId(RunRetriever("theirs", RUN))
    assert dropped.name == "theirs"
    assert dropped.search([Query("2", ""), Query("1", "")], 1) == [[Hit("a", 1.0)], [Hit("b", 3.0)]]
