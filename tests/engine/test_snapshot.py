"""A snapshot is one committed state, whatever writers do and however many threads ask."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import deadly_writer
import numpy as np
import pytest
from deadly_writer import in_a_process, started
from wordkind import WordKind

from acclimate.engine import snapshot as snapshots
from acclimate.engine.settings import IndexSettings
from acclimate.engine.snapshot import Snapshot
from acclimate.engine.writer import Writer
from acclimate.errors import InputError
from acclimate.indexes.base import Leg, Mask
from acclimate.ranking import Rows
from acclimate.types import Passage

COUNT = 30


def generation(number: int) -> list[Passage]:
    """Passages that all say which update wrote them; every third is of this update alone."""
    kept = [
        Passage(f"p{n}", f"generation{number}", metadata={"generation": number})
        for n in range(COUNT)
    ]
    return kept + [Passage(f"q{number}-{n}", f"generation{number}") for n in range(COUNT // 3)]


@pytest.fixture
def folder(fast_path: Path) -> Path:
    folder = fast_path / "index"
    Writer.create(folder, IndexSettings(), [WordKind()], generation(0))
    return folder


def check(snapshot: Snapshot) -> int:
    """The generation that every part of a snapshot agrees on."""
    passages = snapshot.passages(np.flatnonzero(snapshot.live))
    assert len(passages) == snapshot.count == COUNT + COUNT // 3
    (text,) = {passage.text for passage in passages}
    number = int(text.removeprefix("generation"))
    assert snapshot.allowed(f"generation = {number}").sum() == COUNT
    ranked = snapshot.legs["words"].search([text], 1000, snapshot.live)[0]
    assert len(ranked.rows) == len(passages)
    return number


def write_generations(folder: Path, count: int) -> None:
    deadly_writer.small_segments()
    for number in range(1, count + 1):
        with Writer(folder, [WordKind()]) as writer:
            writer.update(generation(number))
    (folder.parent / "done").touch()


def read_generations(folder: Path) -> None:
    """Open states as they come, check each, and note which they were."""
    seen: list[int] = []
    done = folder.parent / "done"
    while not seen or not done.exists():
        snapshot = Snapshot.open(folder, [WordKind()])
        seen.append(check(snapshot))
        time.sleep(0.01)
        assert check(snapshot) == seen[-1], "a snapshot that has become old is what it was"
        snapshot.close()
    seen.append(check(Snapshot.open(folder, [WordKind()])))
    (folder.parent / f"seen-{time.monotonic_ns()}").write_text(json.dumps(seen))


def test_two_processes_read_while_one_writes(folder: Path) -> None:
    readers = [started(read_generations, folder) for _ in range(2)]
    assert in_a_process(write_generations, folder, 8) == 0
    for reader in readers:
        reader.join()
        assert reader.exitcode == 0
    for path in folder.parent.glob("seen-*"):
        seen = json.loads(path.read_text())
        assert seen == sorted(seen)
        assert seen[-1] == 8
    assert len(list(folder.parent.glob("seen-*"))) == 2
    # A reader that holds a state does not make the write-ahead log grow.
    assert sum(path.stat().st_size for path in folder.glob("texts.sqlite*")) < 2_000_000


def test_threads_share_a_snapshot(folder: Path) -> None:
    snapshot = Snapshot.open(folder, [WordKind()])
    rows = np.arange(COUNT, dtype=np.int64)

    def ask(number: int) -> bool:
        passages = snapshot.passages(np.roll(rows, number))
        found = snapshot.allowed(f"id = 'p{number % COUNT}'")
        ids = [f"p{(n - number) % COUNT}" for n in range(COUNT)]
        return [passage.id for passage in passages] == ids and bool(found.sum() == 1)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(200)))


def test_snapshot_knows_when_it_is_old(folder: Path) -> None:
    snapshot = Snapshot.open(folder, [])
    assert snapshot.is_current()
    with Writer(folder, [WordKind()]) as writer:
        writer.delete(["p3"])
    assert not snapshot.is_current()
    newer = Snapshot.open(folder, [])
    assert newer.is_current()
    assert newer.version > snapshot.version


def test_index_that_is_put_in_place_of_another_is_newer(folder: Path, fast_path: Path) -> None:
    snapshot = Snapshot.open(folder, [])
    Writer.create(fast_path / "other", IndexSettings(), [WordKind()], [])
    shutil.rmtree(folder)
    (fast_path / "other").rename(folder)
    assert not snapshot.is_current()


class MergedMeanwhile(WordKind):
    """While its parts are being opened for the first time, a writer merges them away."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.opened = 0

    def open(self, parts: Sequence[Path], live: Mask, tiebreak: Rows) -> Leg:
        self.opened += 1
        if self.opened == 1:
            with Writer(self.folder, [WordKind()]) as writer:
                writer.add([Passage("new", "generation0")])
                writer.compact()
        return super().open(parts, live, tiebreak)


def test_reader_whose_segments_vanish_takes_up_the_new_state(folder: Path) -> None:
    kind = MergedMeanwhile(folder)
    snapshot = Snapshot.open(folder, [kind])
    assert kind.opened == 2
    assert snapshot.rows(["new"]).tolist() == [COUNT + COUNT // 3]
    assert snapshot.is_current()


def test_segment_that_is_missing_for_good_is_named(folder: Path) -> None:
    (segment,) = (folder / "segments").iterdir()
    shutil.rmtree(segment)
    with pytest.raises(InputError, match=f"{segment}: a part of the index is missing; restore"):
        Snapshot.open(folder, [WordKind()])


def test_rows_that_hold_no_passage_are_refused(folder: Path) -> None:
    with Writer(folder, [WordKind()]) as writer:
        writer.delete(["p3"])
    snapshot = Snapshot.open(folder, [])
    assert snapshot.rows(["p2", "p3", "p30", ""]).tolist() == [2, -1, -1, -1]
    for rows in ([3], [-1], [10_000]):
        with pytest.raises(IndexError, match="row"):
            snapshot.passages(np.array(rows))
        with pytest.raises(IndexError, match="row"):
            snapshot.ids(np.array(rows))
    assert snapshot.passages(np.array([], dtype=np.int64)) == []


def test_only_so_many_filters_are_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "REMEMBERED_FILTERS", 2)
    snapshot = Snapshot.open(folder, [])
    first = snapshot.allowed("id = 'p1'")
    second = snapshot.allowed("id = 'p2'")
    assert snapshot.allowed("id = 'p1'") is first
    snapshot.allowed("id = 'p3'")
    assert snapshot.allowed("id = 'p1'") is first
    assert snapshot.allowed("id = 'p2'") is not second


def test_folder_on_a_disk_that_cannot_be_written_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What `os.access` says there; the tests may run as a user who may write everywhere.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    before = sorted(folder.rglob("*"))
    snapshot = Snapshot.open(folder, [WordKind()])
    assert check(snapshot) == 0
    assert snapshot.is_current()
    assert sorted(folder.rglob("*")) == before
