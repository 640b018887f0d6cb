"""The questions and judgments that come with the `python-stdlib` corpus."""

from __future__ import annotations

import json
from importlib.resources import files

from acclimate.formats.stdlib import documents

DATA = files("acclimate") / "data" / "python-stdlib"
# Judged on Linux with Python 3.11; other platforms and versions lack or rename a few passages.
TOLERATED = 0.03


def queries() -> dict[str, str]:
    rows = map(json.loads, (DATA / "queries.jsonl").read_text(encoding="utf-8").splitlines())
    return {row["_id"]: row["text"] for row in rows}


def judged(split: str) -> dict[str, dict[str, int]]:
    lines = (DATA / "qrels" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "query-id\tcorpus-id\tscore"
    table: dict[str, dict[str, int]] = {}
    for query_id, passage_id, grade in (line.split("\t") for line in lines[1:]):
        assert passage_id not in table.setdefault(query_id, {})
        table[query_id][passage_id] = int(grade)
    return table


def test_two_hundred_different_questions() -> None:
    texts = queries()
    assert len(texts) == 200
    assert len(set(texts.values())) == 200


def test_every_question_is_judged_and_in_one_split() -> None:
    dev, test = judged("dev"), judged("test")
    assert (len(dev), len(test)) == (50, 150)
    assert not dev.keys() & test.keys()
    assert dev.keys() | test.keys() == queries().keys()


def test_grades_are_one_or_two() -> None:
    tables = [judged("dev"), judged("test")]
    assert {grade for table in tables for row in table.values() for grade in row.values()} == {1, 2}


def test_judged_passages_are_in_the_running_interpreters_corpus() -> None:
    ids = {document.id for document in documents()}
    answers = [set(row) for table in (judged("dev"), judged("test")) for row in table.values()]
    named = set().union(*answers)
    assert len(named - ids) <= TOLERATED * len(named)
    # Every question keeps an answer, whatever the version.
    assert all(row & ids for row in answers)
