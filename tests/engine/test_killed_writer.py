"""Kill -9 at many points of a change: the old state is left, or the new one, and nothing else."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import deadly_writer
import numpy as np
import pytest
from deadly_writer import in_a_process
from wordkind import WordKind

from acclimate.engine.settings import IndexSettings
from acclimate.engine.snapshot import Snapshot
from acclimate.engine.writer import Writer
from acclimate.types import Passage

OLD = [Passage(f"p{n:02d}", f"old word{n}", metadata={"year": n}) for n in range(12)]
#: Adds, replaces, deletes and keeps; two passages change in their metadata only.
NEW = [
    *OLD[3:6],
    *[Passage(f"p{n:02d}", f"old word{n}", metadata={"year": -n}) for n in (6, 7)],
    *[Passage(f"p{n:02d}", f"new word{n}") for n in (9, 10, 11)],
    *[Passage(f"q{n}", f"new word{n}", metadata={"made": True}) for n in range(5)],
]
#: Points of a change at which it is killed.
KILLS = 16


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old") / "index"
    assert in_a_process(deadly_writer.create, folder, OLD, folder.with_name("steps")) == 0
    assert len(list((folder / "segments").iterdir())) > 1
    return folder


@pytest.fixture(scope="module")
def steps(old: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many steps an update takes."""
    home = tmp_path_factory.mktemp("steps")
    shutil.copytree(old, home / "index")
    assert in_a_process(deadly_writer.update, home / "index", NEW, home / "steps") == 0
    assert contents(home / "index") == NEW
    return int((home / "steps").read_text())


def contents(folder: Path) -> list[Passage]:
    """What an index holds, found in every way that there is."""
    kind = WordKind()
    snapshot = Snapshot.open(folder, [kind])
    rows = np.flatnonzero(snapshot.live)
    passages = snapshot.passages(rows)
    assert snapshot.ids(rows) == [passage.id for passage in passages]
    for passage in passages:
        ranked = snapshot.legs["words"].search([passage.text], 1, snapshot.live)[0]
        assert ranked.scores.tolist() == [2]
        assert snapshot.ids(ranked.rows) == [passage.id]
    dated = {passage.id for passage in passages if "year" in passage.metadata}
    assert set(snapshot.ids(np.flatnonzero(snapshot.allowed("not year is null")))) == dated
    snapshot.close()
    return sorted(passages, key=lambda passage: passage.id)


def parts(folder: Path) -> int:
    return len(list((folder / "segments").iterdir()))


@pytest.mark.parametrize("place", range(KILLS))
def test_killed_update_leaves_the_old_or_the_new_state(
    place: int, old: Path, steps: int, fast_path: Path
) -> None:
    folder = fast_path / "index"
    shutil.copytree(old, folder)
    fatal = 1 + place * (steps - 2) // (KILLS - 1)
    killed = in_a_process(deadly_writer.update, folder, NEW, fast_path / "steps", fatal)
    assert killed == -signal.SIGKILL
    assert contents(folder) in (OLD, NEW)
    Writer(folder, [WordKind()]).close()
    snapshot = Snapshot.open(folder, [WordKind()])
    named = len(snapshot._table.segments)
    assert parts(folder) == named, "the next writer removes what no state names"
    assert in_a_process(deadly_writer.update, folder, NEW, fast_path / "steps") == 0
    assert contents(folder) == NEW


def test_both_states_are_seen(old: Path, steps: int, fast_path: Path) -> None:
    """Else the kills above all came too early, or too late."""
    seen = []
    for fatal in (steps // 4, steps - 2):
        folder = fast_path / str(fatal)
        shutil.copytree(old, folder)
        in_a_process(deadly_writer.update, folder, NEW, fast_path / "steps", fatal)
        seen.append(contents(folder))
    assert seen == [OLD, NEW]


@pytest.mark.parametrize("size", range(34_000, 90_000, 8_000))
@pytest.mark.parametrize("deadly", [True, False], ids=["killed", "disk full"])
def test_update_that_stops_within_a_write_leaves_the_old_or_the_new_state(
    size: int, deadly: bool, old: Path, fast_path: Path
) -> None:
    folder = fast_path / "index"
    shutil.copytree(old, folder)
    code = in_a_process(deadly_writer.update_within, folder, NEW, size, deadly)
    left = contents(folder)
    if deadly:
        assert code in (-signal.SIGXFSZ, 0)
        assert left in (OLD, NEW)
    else:
        assert (code, left) in ((deadly_writer.REFUSED, OLD), (0, NEW))
    assert in_a_process(deadly_writer.update, folder, NEW, fast_path / "steps") == 0
    assert contents(folder) == NEW


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_killed_creation_leaves_no_index_and_room_for_one(share: float, fast_path: Path) -> None:
    whole = fast_path / "whole"
    assert in_a_process(deadly_writer.create, whole, OLD, fast_path / "steps") == 0
    fatal = int(int((fast_path / "steps").read_text()) * share)
    folder = fast_path / "index"
    killed = in_a_process(deadly_writer.create, folder, OLD, fast_path / "steps", fatal)
    assert killed == -signal.SIGKILL
    assert not (folder / "index.json").exists()
    Writer.create(folder, IndexSettings(), [WordKind()], NEW)
    assert contents(folder) == NEW
    assert parts(folder) == 1
