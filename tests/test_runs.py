from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acclimate.errors import RunFolderBusy, UsageError
from acclimate.progress import Silent
from acclimate.rowfile import StoredRow, from_file, to_lines
from acclimate.runs import Rows, Run, Shard, key_of
from acclimate.settings import FilterSettings
from acclimate.types import GeneratedQuery, Mined, Passage, Score

INPUTS = [f"line {number}" for number in range(10)]


class Killed(Exception):
    pass


@dataclass
class Work:
    """Makes a row of each line, and notes which shards it was asked for."""

    mark: str = ""
    dies_at: int = -1

    def __post_init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, number: int, lines: list[str]) -> Shard[Passage]:
        if number == self.dies_at:
            raise Killed
        self.asked.append(number)
        kept = [line for line in lines if not line.endswith("7")]
        rows = [Passage(f"{number}-{line}", f"{line}{self.mark}") for line in kept]
        return Shard(rows, {"sevens": len(lines) - len(kept)})


def stage(folder: Path, work: Work, key: str = "k") -> Rows[Passage]:
    with Run(folder, Silent()) as run:
        return run.stage("work", Passage, work, INPUTS, key, shard_size=3)


def shards(rows: Rows[Passage]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(rows.folder.glob("*.jsonl"))}


def test_rows_and_counts_of_all_shards_come_together(tmp_path: Path) -> None:
    work = Work()
    rows = stage(tmp_path, work)
    assert work.asked == [0, 1, 2, 3]
    assert [row.text for row in rows] == [line for line in INPUTS if line != "line 7"]
    assert (len(rows), rows.counts) == (9, {"sevens": 1})


def test_stage_without_input_has_no_rows(tmp_path: Path) -> None:
    with Run(tmp_path, Silent()) as run:
        rows = run.stage("work", Passage, Work(), [], "k", shard_size=3)
    assert (list(rows), len(rows)) == ([], 0)


@pytest.mark.parametrize("dies_at", range(4))
def test_killed_stage_goes_on_from_the_last_whole_shard(tmp_path: Path, dies_at: int) -> None:
    whole = stage(tmp_path / "whole", Work())
    with pytest.raises(Killed):
        stage(tmp_path / "killed", Work(dies_at=dies_at))
    work = Work()
    resumed = stage(tmp_path / "killed", work)
    assert work.asked == list(range(dies_at, 4))
    assert shards(resumed) == shards(whole)
    assert (len(resumed), resumed.counts) == (len(whole), whole.counts)


def test_finished_stage_is_not_worked_on_again(tmp_path: Path) -> None:
    first = stage(tmp_path, Work())
    work = Work(dies_at=0)
    assert stage(tmp_path, work) == first


def test_another_key_finds_no_rows_and_the_first_key_finds_its_own_again(tmp_path: Path) -> None:
    first = stage(tmp_path, Work("!"), "one")
    other = stage(tmp_path, Work("?"), "other")
    assert {row.text[-1] for row in first} == {"!"}
    assert {row.text[-1] for row in other} == {"?"}
    assert stage(tmp_path, Work(dies_at=0), "one") == first


def rewrite(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return damage


def of_receipt(damage: Callable[[Path], None]) -> Callable[[Path], None]:
    return lambda path: damage(path.with_suffix(".receipt"))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "cut off": rewrite(lambda data: data[:-5]),
    "emptied": rewrite(lambda data: b""),
    "edited": rewrite(lambda data: data.replace(b"line 4", b"line 5")),
    "line added": rewrite(lambda data: data + b'{"id":"x","text":"y"}\n'),
    "lost": lambda path: path.unlink(),
    "receipt lost": of_receipt(lambda path: path.unlink()),
    "receipt cut off": of_receipt(rewrite(lambda data: data[:-5])),
    "receipt emptied": of_receipt(rewrite(lambda data: b"")),
    "receipt of another form": of_receipt(rewrite(lambda data: b'{"sha256": "0"}')),
    "receipt of another file": of_receipt(rewrite(lambda data: b"[1, 2]")),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_shard_is_made_again_byte_for_byte_and_no_other(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    rows = stage(tmp_path, Work())
    before = shards(rows)
    damage(rows.folder / "00001.jsonl")
    work = Work()
    again = stage(tmp_path, work)
    assert work.asked == [1]
    assert shards(again) == before
    assert (len(again), again.counts) == (len(rows), rows.counts)


def test_what_a_killed_write_leaves_is_no_row(tmp_path: Path) -> None:
    rows = stage(tmp_path, Work())
    (rows.folder / ".00004.jsonl.0badcafe.part").write_bytes(b'{"id":')
    assert len(list(rows)) == len(rows) == 9


# One process a folder.


def test_second_run_on_a_folder_is_refused_and_told_by_whom(tmp_path: Path) -> None:
    with Run(tmp_path, Silent()), pytest.raises(RunFolderBusy, match=rf"process {os.getpid()};"):
        Run(tmp_path, Silent())


def test_another_process_is_refused_too(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from acclimate.progress import Silent\n"
        "from acclimate.runs import Run; Run(Path(sys.argv[1]), Silent())"
    )
    with Run(tmp_path, Silent()):
        command = [sys.executable, "-c", code, str(tmp_path)]
        ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 1
    assert f"RunFolderBusy: {tmp_path} is in use by process {os.getpid()}" in ran.stderr


def test_folder_is_free_when_the_run_has_ended(tmp_path: Path) -> None:
    with pytest.raises(Killed), Run(tmp_path, Silent()):
        raise Killed
    with Run(tmp_path, Silent()):
        pass


def test_run_that_did_nothing_leaves_no_new_folder(tmp_path: Path) -> None:
    with Run(tmp_path / "new", Silent()):
        pass
    assert not (tmp_path / "new").exists()
    (tmp_path / "mine").mkdir()
    with Run(tmp_path / "mine", Silent()):
        pass
    assert (tmp_path / "mine").exists()


def test_file_is_refused_as_a_run_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("something")
    with pytest.raises(UsageError, match="out is a file"):
        Run(tmp_path / "out", Silent())


# Keys.

parts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.lists(parts, max_size=4), st.lists(parts, max_size=4))
def test_keys_are_equal_only_for_equal_parts(one: list[object], other: list[object]) -> None:
    assert (key_of("a", *one) == key_of("a", *other)) == (json.dumps(one) == json.dumps(other))
    assert key_of("a", *one) != key_of("b", *one)


def test_key_depends_on_every_setting() -> None:
    base = FilterSettings()
    changed = [
        base,
        replace(base, enabled=False),
        replace(base, retrievers=("student",)),
        replace(base, retrievers=("bm25", "student")),
        replace(base, top_k=7),
    ]
    assert len({key_of("filter", each) for each in changed}) == len(changed)
    assert key_of("filter", base) == key_of("filter", FilterSettings())


# Whatever happens to a folder, it ends as a fresh one would.


@dataclass(frozen=True)
class Step:
    """One start of a pipeline of two stages; it may die, and rows may be damaged after it."""

    lines: int
    first: str
    second: str
    dies_in: str
    dies_at: int
    damage: str


steps = st.builds(
    Step,
    lines=st.integers(0, 8),
    first=st.sampled_from("ab"),
    second=st.sampled_from("ab"),
    dies_in=st.sampled_from(["", "first", "second"]),
    dies_at=st.integers(0, 2),
    damage=st.sampled_from(["", *DAMAGES]),
)


def pipeline(folder: Path, step: Step) -> list[Rows[Passage]]:
    lines = INPUTS[: step.lines]
    with Run(folder, Silent()) as run:
        work = Work(step.first, step.dies_at if step.dies_in == "first" else -1)
        key = key_of("first", lines, step.first)
        first = run.stage("first", Passage, work, lines, key, shard_size=3)
        work = Work(step.second, step.dies_at if step.dies_in == "second" else -1)
        texts = (row.text for row in first)
        key = key_of("second", first.key, step.second)
        second = run.stage("second", Passage, work, texts, key, shard_size=2)
    return [first, second]


def start(folder: Path, step: Step) -> None:
    with suppress(Killed):
        pipeline(folder, step)
    if step.damage:
        for path in sorted(folder.glob("stages/*/00000.jsonl")):
            if path.exists() and path.with_suffix(".receipt").exists():
                DAMAGES[step.damage](path)


@settings(max_examples=30)
@given(st.lists(steps, min_size=1, max_size=5))
def test_any_history_ends_with_the_rows_of_a_fresh_run(history: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for step in history:
            start(Path(scratch, "used"), step)
        last = replace(history[-1], dies_in="")
        used, fresh = (pipeline(Path(scratch, name), last) for name in ("used", "fresh"))
        for found, expected in zip(used, fresh, strict=True):
            assert shards(found) == shards(expected)
            assert (len(found), found.counts) == (len(expected), expected.counts)


# Rows on disk.

texts = st.text()
rows_of_any_type: st.SearchStrategy[StoredRow] = st.one_of(
    st.builds(Passage, texts, texts, texts, texts, texts),
    st.builds(GeneratedQuery, texts, texts, texts, texts),
    st.builds(Mined, texts, texts, st.dictionaries(texts, st.lists(texts, max_size=3).map(tuple))),
    st.builds(Score, texts, texts, st.floats(allow_nan=False)),
)


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rows") / "00000.jsonl"


@given(st.lists(rows_of_any_type, max_size=4))
def test_rows_of_every_type_survive_the_disk(shard: Path, rows: list[StoredRow]) -> None:
    for kind in (Passage, GeneratedQuery, Mined, Score):
        written = [row for row in rows if isinstance(row, kind)]
        shard.write_bytes(to_lines(written))
        assert list(from_file(shard, kind)) == written
        assert to_lines(from_file(shard, kind)) == to_lines(written)
