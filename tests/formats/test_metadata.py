"""What a table says of a passage beside its text is kept for filters."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from acclimate.corpus import open_corpus
from acclimate.errors import InputError
from acclimate.formats.beir import write_beir
from acclimate.types import Passage


def test_other_columns_become_metadata(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    path.write_text(
        '{"_id": "a", "text": "one", "year": 2020, "open": true, "tags": ["x"], "empty": "",'
        ' "metadata": {"topic": "law", "place": "page 3"}}\n',
        encoding="utf-8",
    )
    (passage,) = open_corpus(path).passages()
    assert passage.metadata == {"topic": "law", "year": 2020, "open": True}
    assert passage.place == "page 3"


def test_numbers_that_are_not_finite_are_no_values(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    path.write_text(
        '{"_id": "a", "text": "cat", "year": NaN, "x": Infinity, "y": -Infinity, "z": 1e400,'
        ' "n": 1.5, "metadata": {"inner": Infinity}}\n'
    )
    (passage,) = open_corpus(path).passages()
    assert passage.metadata == {"n": 1.5}


def test_metadata_survives_a_beir_folder(tmp_path: Path) -> None:
    written = Passage("a", "one", metadata={"year": 2020})
    write_beir(tmp_path, [written], [], {})
    (read,) = open_corpus(tmp_path / "corpus.jsonl").passages()
    assert read.metadata == {"year": 2020}


def test_parquet_columns_of_plain_values_become_metadata(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="parquet is an extra")
    parquet = pytest.importorskip("pyarrow.parquet")
    noon = datetime(2020, 1, 2, 12)
    columns = {
        "_id": arrow.array(["a", "b"]),
        "text": arrow.array(["one", "two"]),
        "year": arrow.array([2020, None], arrow.int16()),
        "score": arrow.array([0.5, float("nan")]),
        "price": arrow.array([Decimal("1.25"), None]),
        "open": arrow.array([True, False]),
        "topic": arrow.array(["law", "law"]).dictionary_encode(),
        "day": arrow.array([date(2020, 1, 2), None]),
        "local": arrow.array([noon, None], arrow.timestamp("ns")),
        "moment": arrow.array([noon, None], arrow.timestamp("ms", tz="Asia/Tokyo")),
        "hour": arrow.array([time(7, 30), None], arrow.time64("ns")),
        "tags": arrow.array([["x"], ["y"]]),
        "record": arrow.array([{"k": 1}, {"k": 2}]),
        "image": arrow.array([b"\0", b"\1"]),
    }
    parquet.write_table(arrow.table(columns), tmp_path / "t.parquet")
    first, second = open_corpus(tmp_path / "t.parquet").passages()
    assert first.metadata == {
        "year": 2020,
        "score": 0.5,
        "price": 1.25,
        "open": True,
        "topic": "law",
        "day": "2020-01-02",
        "local": "2020-01-02T12:00:00",
        "moment": "2020-01-02T12:00:00+00:00",
        "hour": "07:30:00",
    }
    assert second.metadata == {"open": False, "topic": "law"}


def test_parquet_date_that_python_does_not_know_is_refused(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="parquet is an extra")
    parquet = pytest.importorskip("pyarrow.parquet")
    far = arrow.array([10**9], arrow.int32()).cast(arrow.date32())
    parquet.write_table(
        arrow.table({"_id": ["a"], "text": ["one"], "day": far}), tmp_path / "t.parquet"
    )
    with pytest.raises(InputError, match="row 1: cannot be read as Parquet"):
        list(open_corpus(tmp_path / "t.parquet").passages())
