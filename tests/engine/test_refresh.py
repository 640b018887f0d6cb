"""A long-lived engine goes over to what others have committed, and only ever forwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from acclimate.engine.engine import Engine
from acclimate.engine.settings import IndexSettings
from acclimate.engine.snapshot import Snapshot
from acclimate.types import Passage

SOON = 60.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    Engine.create(tmp_path / "index", IndexSettings(models=()), [Passage("a", "red")]).close()
    opened = Engine.open(tmp_path / "index")
    yield opened
    opened.close()


def test_the_slower_of_two_writers_does_not_bring_back_the_older_state(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    plain = Snapshot.open

    def slow(*arguments: Any) -> Snapshot:
        opened = plain(*arguments)
        if not begun.is_set():  # the first has read its state, and is held up
            begun.set()
            assert go_on.wait(SOON)
        return opened

    monkeypatch.setattr(Snapshot, "open", slow)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(engine.add, [Passage("b", "green")])
        assert begun.wait(SOON)
        second = threads.submit(engine.add, [Passage("c", "blue")])
        while committed(engine.folder) < 3:
            assert not second.done()
        go_on.set()
        first.result(SOON)
        second.result(SOON)
    assert [engine.passage(id_) is not None for id_ in "abc"] == [True] * 3


def committed(folder: Path) -> int:
    other = Engine.open(folder)
    count = other.count
    other.close()
    return count


def test_weights_that_another_process_keeps_are_taken_up(engine: Engine) -> None:
    other = Engine.open(engine.folder)
    other.weigh({"lexical": 0.25})
    other.close()
    assert not engine.refresh()
    assert engine._weights == {"lexical": 0.25}
