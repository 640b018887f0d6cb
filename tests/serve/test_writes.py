"""Writes that are committed together: one that fails does not spoil the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from served import lexical_index

from acclimate.engine.engine import Engine
from acclimate.engine.records import Changes
from acclimate.errors import UpdateFailed
from acclimate.serve.answers import Written
from acclimate.serve.writes import Committer, Put, Remove, Write
from acclimate.types import Passage


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = Engine.open(lexical_index(tmp_path / "index"))
    yield opened
    opened.close()


def put(*ids: str) -> Put:
    return Put(tuple(Passage(id_, f"about {id_}") for id_ in ids))


def done(engine: Engine, *writes: Write) -> list[Written | str]:
    return [each if isinstance(each, Written) else str(each) for each in Committer(engine)(writes)]


def test_each_write_is_told_what_it_did(engine: Engine) -> None:
    assert done(engine, put("a", "b"), put("b"), Remove(("a", "nobody")), put("a")) == [
        Written(added=2),
        Written(replaced=1),
        Written(deleted=1),
        Written(added=1),
    ]


def test_a_write_that_fails_is_told_and_no_other_is_done_twice(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[list[str]] = []
    add, delete = engine.add, engine.delete

    def adding(passages: Iterable[Passage]) -> Changes:
        taken = list(passages)
        if any(each.id == "bad" for each in taken):
            raise UpdateFailed("the disk is full")
        commits.append([each.id for each in taken])
        return add(taken)

    def deleting(ids: Iterable[str]) -> Changes:
        commits.append(list(ids))
        return delete(commits[-1])

    monkeypatch.setattr(engine, "add", adding)
    monkeypatch.setattr(engine, "delete", deleting)
    assert done(engine, Remove(("bread",)), put("a"), put("bad"), put("b"), Remove(("a",))) == [
        Written(deleted=1),
        Written(added=1),
        "the disk is full",
        Written(added=1),
        Written(deleted=1),
    ]
    assert commits == [["bread"], ["a"], ["b"], ["a"]]
    assert engine.passage("bad") is engine.passage("bread") is engine.passage("a") is None
    assert engine.passage("b")
