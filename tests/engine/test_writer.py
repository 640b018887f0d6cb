"""What a writer encodes and what it need not, what it refuses, and how a new index comes about."""

from __future__ import annotations

import json
import math
import os
import re
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wordkind import WordKind

from acclimate.engine import change, store
from acclimate.engine.manifest import FORMAT, read_manifest
from acclimate.engine.records import Changes
from acclimate.engine.settings import IndexSettings
from acclimate.engine.snapshot import Snapshot
from acclimate.engine.writer import Writer
from acclimate.errors import (
    IndexBusy,
    InputError,
    SnapshotGone,
    StaleRows,
    UpdateFailed,
    UsageError,
)
from acclimate.types import Passage

PASSAGES = [
    Passage("a", "red", metadata={"year": 1999}),
    Passage("b", "green", "A title"),
    Passage("c", "blue", place="page 1"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    Writer.create(folder, IndexSettings(), [WordKind()], PASSAGES)
    return folder


def stored(folder: Path) -> dict[str, Passage]:
    snapshot = Snapshot.open(folder, [WordKind()])
    rows = np.flatnonzero(snapshot.live)
    return dict(zip(snapshot.ids(rows), snapshot.passages(rows), strict=True))


def test_only_changed_content_is_encoded_again(folder: Path) -> None:
    kind = WordKind()
    changed = [
        Passage("a", "red", metadata={"year": 2000}),
        Passage("b", "green", "Another title"),
        Passage("c", "blue", place="page 1"),
        Passage("d", "yellow"),
    ]
    with Writer(folder, [kind]) as writer:
        assert writer.add(changed) == Changes(added=1, replaced=2, unchanged=1)
    assert kind.read == ["b", "d"]
    assert stored(folder) == {passage.id: passage for passage in changed}


@pytest.mark.parametrize(
    "other", [{"year": 1999.0}, {"year": "1999"}, {"year": True}, {"yeer": 1999}, {}]
)
def test_metadata_of_another_type_is_a_change(folder: Path, other: dict[str, Any]) -> None:
    with Writer(folder, [WordKind()]) as writer:
        assert writer.add([Passage("a", "red", metadata=other)]) == Changes(replaced=1)
    kept = stored(folder)["a"].metadata
    assert [(key, value, type(value)) for key, value in kept.items()] == [
        (key, value, type(value)) for key, value in other.items()
    ]


def test_text_that_moves_into_the_title_is_a_change_of_content(folder: Path) -> None:
    kind = WordKind()
    with Writer(folder, [kind]) as writer:
        writer.add([Passage("b", "title green", "A")])
    assert kind.read == ["b"]


def test_nothing_to_change_is_no_commit(folder: Path) -> None:
    snapshot = Snapshot.open(folder, [])
    with Writer(folder, [WordKind()]) as writer:
        assert writer.update(PASSAGES) == Changes(unchanged=3)
        assert writer.delete(["nobody", "nobody"]) == Changes()
        assert writer.add([]) == Changes()
    assert snapshot.is_current()


def test_stream_is_written_in_segments_of_bounded_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change, "SEGMENT_ROWS", 2)
    Writer.create(tmp_path / "index", IndexSettings(), [WordKind()], iter(PASSAGES))
    assert len(list((tmp_path / "index" / "segments").iterdir())) == 2


def test_index_can_be_emptied_and_filled_again(folder: Path) -> None:
    with Writer(folder, [WordKind()]) as writer:
        assert writer.update([]) == Changes(deleted=3)
        assert stored(folder) == {}
        assert list((folder / "segments").iterdir()) == []
        writer.compact()
        assert writer.add(PASSAGES[:1]) == Changes(added=1)
    assert stored(folder) == {"a": PASSAGES[0]}


@pytest.mark.parametrize("method", ["add", "update"])
def test_id_that_occurs_twice_in_a_stream_is_refused(folder: Path, method: str) -> None:
    stream = [Passage("d", "one"), Passage("e", "two"), Passage("d", "three")]
    with (
        Writer(folder, [WordKind()]) as writer,
        pytest.raises(InputError, match="'d' occurs twice; give every passage its own id"),
    ):
        getattr(writer, method)(stream)
    assert list(stored(folder).values()) == PASSAGES


@pytest.mark.parametrize(
    ("passage", "message"),
    [
        (Passage("", "x"), "passage 2: the id is empty"),
        (Passage("a\tb", "x"), "holds a tab"),
        (Passage("x", "", metadata={"y": math.inf}), r"passage 2 \('x'\): metadata 'y' is inf"),
        (Passage("x", "\ud800"), r"passage 2 \('x'\): holds half a surrogate pair"),
        # As a program that takes them from a file would hand them over.
        (Passage("x", "x", metadata=json.loads('{"k": ["v"]}')), "metadata 'k' holds list"),
        (Passage("x", "x", metadata=json.loads('{"k": null}')), "metadata 'k' holds NoneType"),
    ],
)
def test_passage_that_cannot_be_kept_is_refused(
    folder: Path, passage: Passage, message: str
) -> None:
    with Writer(folder, [WordKind()]) as writer, pytest.raises(InputError, match=message):
        writer.add([Passage("new", "y"), passage])
    assert list(stored(folder).values()) == PASSAGES


def test_stream_that_breaks_off_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change, "SEGMENT_ROWS", 2)

    def stream() -> Iterator[Passage]:
        yield from (Passage(str(number), "text") for number in range(5))
        raise InputError("corpus.jsonl:6: not JSON")

    before = sorted(folder.rglob("*"))
    with Writer(folder, [WordKind()]) as writer:
        with pytest.raises(InputError, match="not JSON"):
            writer.add(stream())
        assert writer.add([Passage("d", "x")]) == Changes(added=1)
        writer.delete(["d"])
    assert sorted(folder.rglob("*")) == before
    assert list(stored(folder).values()) == PASSAGES


def test_second_writer_is_refused_with_the_first_one_s_number(folder: Path) -> None:
    message = f"in use by process {os.getpid()}; wait until it is done"
    with Writer(folder, [WordKind()]), pytest.raises(IndexBusy, match=message):
        Writer(folder, [WordKind()])
    Writer(folder, [WordKind()]).close()


def test_other_model_is_refused_with_both_versions(folder: Path) -> None:
    newer = WordKind(identity="words 2")
    message = "'words' was made with 'words 1', but at hand is 'words 2'; install the same version"
    for refused in (lambda: Writer(folder, [newer]), lambda: Snapshot.open(folder, [newer])):
        with pytest.raises(StaleRows, match=message):
            refused()


def test_kind_that_the_index_lacks_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="the index has no 'dense', only words"):
        Snapshot.open(folder, [WordKind("dense")])


def test_writer_must_bring_every_kind_and_a_reader_need_not(tmp_path: Path) -> None:
    kinds = [WordKind(), WordKind("more")]
    Writer.create(tmp_path / "index", IndexSettings(), kinds, PASSAGES)
    with pytest.raises(UsageError, match="open it with 'more' too"):
        Writer(tmp_path / "index", kinds[:1])
    assert list(Snapshot.open(tmp_path / "index", kinds[:1]).legs) == ["words"]


def test_other_format_is_refused(folder: Path) -> None:
    path = folder / "index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": FORMAT + 1}))
    message = f"format {FORMAT + 1}, but this version of acclimate reads format {FORMAT}; install"
    with pytest.raises(StaleRows, match=message):
        Snapshot.open(folder, [])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("index.json", None, "no finished index .* acclimate index CORPUS --out"),
        ("index.json", b"{", "index.json: cannot be read"),
        ("index.json", b"[]", "index.json: cannot be read"),
        ("index.json", b'{"format": 1}', "index.json: cannot be read"),
        ("texts.sqlite", None, "texts.sqlite: cannot be opened .*; restore the folder"),
        ("texts.sqlite", b"not a database, but long enough to be one" * 99, "restore the folder"),
        ("texts.sqlite", b"", "not written by acclimate"),
    ],
)
def test_damaged_folder_is_refused(
    folder: Path, name: str, content: bytes | None, message: str
) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        Snapshot.open(folder, [WordKind()])
    with pytest.raises(InputError, match=message):
        Writer(folder, [WordKind()])


def test_settings_of_another_version_are_refused(folder: Path) -> None:
    path = folder / "index.json"
    record = json.loads(path.read_text())
    record["settings"]["colour"] = "red"
    path.write_text(json.dumps(record))
    with pytest.raises(StaleRows, match=r"'colour'.*install the version that made it"):
        Snapshot.open(folder, [WordKind()])


def test_disk_that_takes_no_more_leaves_no_folder_behind(tmp_path: Path) -> None:
    least, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, most))
    try:
        with pytest.raises(UpdateFailed, match="index was not made: make sure that there is space"):
            Writer.create(tmp_path / "index", IndexSettings(), [WordKind()], PASSAGES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (least, most))
    assert list(tmp_path.iterdir()) == []


def test_settings_are_kept(tmp_path: Path) -> None:
    settings = IndexSettings(models=("one", "two"), language="de", exact_below=5)
    Writer.create(tmp_path / "index", settings, [WordKind()], [])
    assert read_manifest(tmp_path / "index").settings == settings
    assert read_manifest(tmp_path / "index").kinds == {"words": "words 1"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("index.json", "is an index already; bring it up to date with --update"),
        ("thesis.tex", "not empty, and no index ('thesis.tex' is in it); name another folder"),
        ("segments", "not empty, and no index"),
    ],
)
def test_creation_touches_nothing_that_is_there(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError, match=re.escape(message)):
        Writer.create(tmp_path, IndexSettings(), [WordKind()], PASSAGES)
    assert (tmp_path / name).read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("is_new", [True, False])
def test_creation_that_fails_leaves_what_was_there(tmp_path: Path, is_new: bool) -> None:
    folder = tmp_path / "index"
    if not is_new:
        folder.mkdir()
    with pytest.raises(InputError, match="occurs twice"):
        Writer.create(folder, IndexSettings(), [WordKind()], [PASSAGES[0], PASSAGES[0]])
    assert folder.exists() is not is_new
    assert not list(tmp_path.rglob("*.*"))


def test_what_died_long_ago_is_removed_and_an_older_snapshot_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = Snapshot.open(folder, [WordKind()])
    rows = snapshot.rows(["a", "b"])
    monkeypatch.setattr(store, "KEEP_DEAD", -1.0)
    with Writer(folder, [WordKind()]) as writer:
        writer.delete(["a"])
        assert snapshot.passages(rows) == PASSAGES[:2]
        writer.add([Passage("d", "yellow")])
    # Another process looks, because one that closes a database's file gives up SQLite's locks.
    assert subprocess.run(["grep", "-rqa", "1999", folder]).returncode == 1
    assert snapshot.passages(rows[1:]) == PASSAGES[1:2]
    with pytest.raises(SnapshotGone, match="open the index again"):
        snapshot.passages(rows)
    with pytest.raises(SnapshotGone):
        snapshot.allowed("title is null")


def test_field_that_only_dead_passages_have_is_no_field(folder: Path) -> None:
    with Writer(folder, [WordKind()]) as writer:
        writer.delete(["a"])
    with pytest.raises(UsageError, match="no passage has a field 'year'"):
        Snapshot.open(folder, []).allowed("year = 1999")
