"""Any sequence of changes, crashes and openings leaves what the same changes make of a dict."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from wordkind import FAST, WordKind, nothing

from acclimate.engine import change, segments
from acclimate.engine.records import Changes
from acclimate.engine.segments import Segment, to_merge
from acclimate.engine.settings import IndexSettings
from acclimate.engine.snapshot import Snapshot
from acclimate.engine.store import Store, digests_of
from acclimate.engine.writer import Writer
from acclimate.types import Passage

IDS = ("a", "b", "ä", "z", "10", "9", "é", "Z")
WORDS = ("red", "green", "blue")

ids = st.sampled_from(IDS)
passages = st.builds(
    Passage,
    ids,
    st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join),
    st.sampled_from(("", "red")),
    st.sampled_from(("", "doc")),
    st.sampled_from(("", "page 1")),
    st.dictionaries(st.sampled_from(("year", "title")), st.sampled_from((1, 1.0, True, "1"))),
)
streams = st.lists(passages, max_size=7, unique_by=lambda passage: passage.id)


class Crash(Exception):
    """Something goes wrong in the middle."""


class Failing:
    """Fails at the nth half-written part; 0 means never."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash


class IndexAsDict(RuleBasedStateMachine):
    """Small segments, so that many of them come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory(dir=FAST)
        self.folder = Path(self.home.name) / "index"
        self.kinds = [WordKind(), WordKind("words-2")]
        self.expected: dict[str, Passage] = {}
        self.before: tuple[Snapshot, dict[str, Passage]] | None = None

    def teardown(self) -> None:
        # An example may be given up before its first step.
        if hasattr(self, "writer"):
            self.writer.close()
        self.home.cleanup()

    @initialize(stream=streams)
    def create(self, stream: list[Passage]) -> None:
        changes = Writer.create(self.folder, IndexSettings(), self.kinds, stream)
        assert changes == Changes(added=len(stream))
        self.expected = {passage.id: passage for passage in stream}
        self.writer = Writer(self.folder, self.kinds)

    @rule(stream=streams)
    def add(self, stream: list[Passage]) -> None:
        assert self.writer.add(stream) == self.changes_of(stream)
        self.expected |= {passage.id: passage for passage in stream}

    @rule(stream=streams)
    def update(self, stream: list[Passage]) -> None:
        gone = self.expected.keys() - {passage.id for passage in stream}
        expected = self.changes_of(stream, deleted=len(gone))
        assert self.writer.update(stream) == expected
        self.expected = {passage.id: passage for passage in stream}

    @rule(unwanted=st.lists(ids, max_size=6))
    def delete(self, unwanted: list[str]) -> None:
        known = set(unwanted) & self.expected.keys()
        assert self.writer.delete(unwanted) == Changes(deleted=len(known))
        for passage_id in known:
            del self.expected[passage_id]

    @rule()
    def compact(self) -> None:
        self.writer.compact()
        assert len(self.parts()) == bool(self.expected)

    @rule(stream=streams, nth=st.integers(1, 4))
    def crash(self, stream: list[Passage], nth: int) -> None:
        for kind in self.kinds:
            kind.trip = Failing(nth)
        folders = self.parts()
        try:
            self.writer.update(stream)
        except Crash:
            assert self.opened() == self.expected
            assert self.parts() == folders
        else:  # also where a merge failed after the update
            self.expected = {passage.id: passage for passage in stream}
        for kind in self.kinds:
            kind.trip = nothing

    @rule()
    def reopen(self) -> None:
        self.writer.close()
        self.writer = Writer(self.folder, self.kinds)

    @rule()
    def hold_a_snapshot(self) -> None:
        self.before = Snapshot.open(self.folder, self.kinds), dict(self.expected)

    @invariant()
    def the_folder_holds_what_the_dict_holds(self) -> None:
        if hasattr(self, "writer"):
            snapshot = Snapshot.open(self.folder, self.kinds)
            check(snapshot, self.expected)
            assert snapshot.is_current()
            snapshot.close()

    @invariant()
    def an_older_snapshot_stays_as_it_was(self) -> None:
        if self.before:
            check(*self.before)

    def changes_of(self, stream: Iterable[Passage], deleted: int = 0) -> Changes:
        added = replaced = unchanged = 0
        for passage in stream:
            old = self.expected.get(passage.id)
            added += old is None
            if old:
                same = digests_of(old) == digests_of(passage)
                replaced += not same
                unchanged += same
        return Changes(added, replaced, deleted, unchanged)

    def opened(self) -> dict[str, Passage]:
        snapshot = Snapshot.open(self.folder, self.kinds)
        return contents(snapshot)

    def parts(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "segments").iterdir())


def contents(snapshot: Snapshot) -> dict[str, Passage]:
    rows = np.flatnonzero(snapshot.live)
    return dict(zip(snapshot.ids(rows), snapshot.passages(rows), strict=True))


def check(snapshot: Snapshot, expected: dict[str, Passage]) -> None:
    assert snapshot.count == len(expected) == snapshot.live.sum()
    assert contents(snapshot) == expected
    assert all(
        # 1, 1.0 and True are equal to Python, and different to a filter.
        digests_of(passage) == digests_of(expected[passage_id])
        for passage_id, passage in contents(snapshot).items()
    )
    assert snapshot.rows(["nobody"]).tolist() == [-1]
    in_order = snapshot.rows(sorted(expected))
    assert snapshot.tiebreak[in_order].tolist() == list(range(len(expected)))
    assert len(set(snapshot.tiebreak.tolist())) == len(snapshot.live)
    old = snapshot.allowed("id != 'a'")
    assert set(snapshot.ids(np.flatnonzero(old))) == expected.keys() - {"a"}
    for leg in snapshot.legs.values():
        for word in WORDS:
            ranked = leg.search([word], 20, snapshot.live)[0]
            assert snapshot.ids(ranked.rows) == sorted(
                id_ for id_, passage in expected.items() if word in passage.content.split()
            )


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, "SEGMENT_ROWS", 2)
    monkeypatch.setattr(segments, "MOST_SEGMENTS", 3)


TestIndexAsDict = pytest.mark.usefixtures("_small")(IndexAsDict.TestCase)
TestIndexAsDict.settings = settings(max_examples=25, stateful_step_count=15)


def merged(*sizes: tuple[int, int]) -> list[int]:
    numbered = [Segment(number, *size) for number, size in enumerate(sizes, 1)]
    return [segment.number for segment in to_merge(numbered)]


def test_few_and_lively_segments_are_left_alone() -> None:
    assert merged() == []
    assert merged((10, 10)) == []
    assert merged(*[(10, 5)] * 8) == []


def test_segment_of_which_most_is_dead_is_written_anew() -> None:
    assert merged((100, 100), (10, 4), (3, 3)) == [2]


def test_smallest_segments_are_merged_when_there_are_too_many() -> None:
    large = [(1000, 1000)] * 7
    assert merged(*large, (2, 2), (1, 1)) == [8, 9]
    assert merged((1, 1), (1, 1), *large) == [1, 2]


def test_merging_takes_along_what_is_no_larger_than_the_rest_together() -> None:
    assert merged((64, 64), (2, 2), *[(1, 1)] * 8) == [2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_a_row_is_merged_again_only_when_its_segment_has_about_doubled() -> None:
    sizes: list[int] = []
    written = 0
    for _ in range(3000):
        sizes.append(1)
        numbered = [Segment(number, size, size) for number, size in enumerate(sizes)]
        chosen = to_merge(numbered)
        if chosen:
            whole = sum(segment.live for segment in chosen)
            written += whole
            sizes = [s for n, s in enumerate(sizes) if n not in {c.number for c in chosen}]
            sizes.append(whole)
    assert written < 3000 * np.log2(3000)


def test_failure_says_that_nothing_has_changed(tmp_path: Path) -> None:
    kind = WordKind()
    Writer.create(tmp_path / "index", IndexSettings(), [kind], [])
    kind.trip = Failing(1)
    with Writer(tmp_path / "index", [kind]) as writer, pytest.raises(Crash) as failure:
        writer.add([Passage("a", "red")])
    assert failure.value.__notes__ == [f"{tmp_path / 'index'} is as it was before"]


class Interrupted:
    """Ctrl-C that arrives while the nth commit ends: it counts, and the call raises."""

    def __init__(self, nth: int) -> None:
        self.left = nth
        self.commit = Store.commit

    def __call__(self, store: Store) -> None:
        self.commit(store)
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("nth", [1, 2])
def test_interruption_with_the_end_of_a_commit_loses_nothing(
    nth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "MOST_SEGMENTS", 1)  # the second commit is that of a merge
    kinds, folder = [WordKind()], tmp_path / "index"
    Writer.create(folder, IndexSettings(), kinds, [Passage("a", "red")])
    interrupted = Interrupted(nth)
    monkeypatch.setattr(Store, "commit", lambda store: interrupted(store))
    with Writer(folder, kinds) as writer, pytest.raises(KeyboardInterrupt) as interruption:
        writer.add([Passage("b", "blue")])
    assert interruption.value.__notes__ == [f"{folder} has the change all the same"]
    expected = {"a": Passage("a", "red"), "b": Passage("b", "blue")}
    check(Snapshot.open(folder, kinds), expected)
    monkeypatch.undo()
    with Writer(folder, kinds) as writer:
        writer.delete(["a"])
    check(Snapshot.open(folder, kinds), {"b": expected["b"]})


def test_merge_that_fails_leaves_the_change_that_called_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "MOST_SEGMENTS", 1)
    kind, folder = WordKind(), tmp_path / "index"
    Writer.create(folder, IndexSettings(), [kind], [Passage("a", "red")])
    kind.trip = Failing(2)
    with Writer(folder, [kind]) as writer:
        assert writer.add([Passage("b", "blue")]) == Changes(added=1)
        assert Snapshot.open(folder, [kind]).count == 2
        kind.trip = Failing(1)
        with pytest.raises(Crash) as failure:
            writer.compact()
    assert failure.value.__notes__ == [f"{folder} is as it was before the merge"]
    check(Snapshot.open(folder, [kind]), {"a": Passage("a", "red"), "b": Passage("b", "blue")})


def test_segments_keep_apart_folders_of_equal_contents(tmp_path: Path) -> None:
    kinds = [WordKind()]
    Writer.create(tmp_path / "one", IndexSettings(), kinds, [Passage("a", "red")])
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    with Writer(tmp_path / "one", kinds) as one, Writer(tmp_path / "two", kinds) as two:
        one.add([Passage("b", "blue")])
        two.delete(["a"])
    counts = [Snapshot.open(tmp_path / name, kinds).count for name in ("one", "two")]
    assert counts == [2, 0]
