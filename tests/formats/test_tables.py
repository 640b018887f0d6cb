import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.errors import InputError
from acclimate.formats.readreport import ReadReport, Reason
from acclimate.formats.rows import FieldNames
from acclimate.formats.tables import TableFile
from acclimate.types import Passage

NAMES = FieldNames("_id", "title", "text")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def read(
    path: Path, names: FieldNames = NAMES, report: ReadReport | None = None, number: bool = False
) -> list[Passage]:
    tally = (report or ReadReport()).tally("passages")
    return [row for _, row in TableFile(path, names, number).passages(tally)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@given(st.lists(st.tuples(TEXTS, TEXTS)), st.sampled_from([(".csv", ","), (".tsv", "\t")]))
def test_tables_hold_any_text(
    folder: Path, rows: list[tuple[str, str]], kind: tuple[str, str]
) -> None:
    path = folder / f"t{kind[0]}"
    with open(path, "w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, delimiter=kind[1])
        writer.writerow(["_id", "title", "text"])
        writer.writerows((f"d{n}", *row) for n, row in enumerate(rows))
    expected = [Passage(f"d{n}", text, title, f"d{n}") for n, (title, text) in enumerate(rows)]
    assert read(path) == expected


@given(st.lists(st.tuples(TEXTS, TEXTS)))
def test_parquet_holds_any_text(folder: Path, rows: list[tuple[str, str]]) -> None:
    arrow = pytest.importorskip("pyarrow", reason="parquet is an extra")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "id": arrow.array(range(len(rows)), arrow.int64()),
        "title": arrow.array([title for title, _ in rows], arrow.string()),
        "text": arrow.array([text for _, text in rows], arrow.string()),
        "vector": arrow.array([[1.0]] * len(rows), arrow.list_(arrow.float32())),
    }
    parquet.write_table(arrow.table(columns), folder / "t.parquet")
    expected = [Passage(str(n), text, title, str(n)) for n, (title, text) in enumerate(rows)]
    assert read(folder / "t.parquet") == expected


def test_columns_go_by_the_names_that_are_given(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("key,head,body\n7,Title,Text\n")
    assert read(path, FieldNames("key", "head", "body")) == [Passage("7", "Text", "Title", "7")]


def test_rows_without_ids_are_numbered_on_request(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "a"}\n\n{"text": "b"}\n')
    assert [passage.id for passage in read(path, number=True)] == ["1", "2"]


def test_crlf_and_a_byte_order_mark_are_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbf_id,text\r\n1,a\r\n")
    assert read(path) == [Passage("1", "a", "", "1")]


def test_null_is_an_empty_text(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"_id": 1, "title": "head", "text": null}\n')
    assert read(path) == [Passage("1", "", "head", "1")]


def test_half_a_surrogate_pair_is_mended_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"_id": "1", "text": "cut \\ud83d"}\n')
    report = ReadReport()
    assert read(path, report=report)[0].text == "cut \ufffd"
    assert report.count(Reason.MENDED_TEXT) == 1


def test_a_title_column_that_was_asked_for_and_is_absent_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"_id": "1", "text": "t"}\n')
    report = ReadReport()
    read(path, FieldNames("_id", "headline", "text"), report)
    assert [str(skip) for skip in report.skips] == [
        f"1 rows without the title column that was asked for; the first: {path}:1"
    ]


GOOD = '{"_id": "1", "text": "t"}\n'
BAD_TABLES = [
    ("t.jsonl", GOOD + '{"_id": "2", "te', r"t\.jsonl:2: not valid JSON .*one whole JSON object"),
    ("t.json", "[1]", r"t\.json:1: a JSON list where an object .*jq -c"),
    ("t.jsonl", "[" * 100_000, ":1: not valid JSON"),
    ("t.jsonl", '{"_id": ' + "9" * 5000 + "}", ":1: not valid JSON"),
    ("t.jsonl", '{"_id": "1", "body": "b"}', r":1: no 'text' among \['_id', 'body'\]; .*=body"),
    ("t.jsonl", '{"name": "1", "text": "b"}', ":1: no '_id' among .*number_rows=true"),
    ("t.jsonl", '{"_id": "", "text": "t"}', r":1: the id is empty \(''\)"),
    ("t.jsonl", '{"_id": " ", "text": "t"}', ":1: the id is empty"),
    ("t.jsonl", '{"_id": null, "text": "t"}', ":1: the id is empty"),
    ("t.jsonl", '{"_id": 1.0, "text": "t"}', r":1: the id 1\.0 is no string"),
    ("t.jsonl", '{"_id": true, "text": "t"}', ":1: the id True is no string"),
    ("t.jsonl", '{"_id": "a\\tb", "text": "t"}', ":1: the id .* holds a tab"),
    ("t.jsonl", '{"_id": "1", "text": ["t"]}', r":1: 'text' holds \['t'\] \(list\), not a text"),
    ("t.jsonl", '{"_id": "1", "text": 7}', r":1: 'text' holds 7 \(int\)"),
    ("t.jsonl", '{"_id": "1", "title": {}, "text": "t"}', r":1: 'title' holds \{\} \(dict\)"),
    ("t.csv", "", ":1: no header"),
    ("t.csv", "_id,text,text\n", ":1: the header names 'text' twice"),
    ("t.csv", '_id,text\n1,"two\nlines"\n2,a,b\n', ":4: 3 columns where the header has 2"),
    ("t.csv", '_id,text\n1,"open\n2,b\n', ":2: not a valid table row .*close the quotes"),
    ("t.csv", "_id,text\n1," + "x" * (1 << 24) + "y\n", ":2: .*field larger than field limit"),
    ("t.csv", "_id,text\r1,a\r", ":1: not a valid table row"),
    ("t.tsv", '_id\ttext\n1\t"a" b\n', ":2: not a valid table row"),
    ("t.parquet", "PAR1 or not", ": row 1: cannot be read as Parquet"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD_TABLES)
def test_bad_rows_are_refused_with_place_value_and_remedy(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode())
    with pytest.raises(InputError, match=message):
        read(path)


def test_a_field_beyond_pythons_own_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("_id,text\n1," + "x" * 200_000 + "\n")
    assert len(read(path)[0].text) == 200_000


def test_a_missing_parquet_column_is_named_among_all_columns(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="parquet is an extra")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.table({"_id": ["1"], "body": ["b"]}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"row 1: no 'text' among \['_id', 'body'\]"):
        read(tmp_path / "t.parquet")


def test_rows_are_streamed(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"_id": "1", "text": "t"}) + "\nbroken")
    rows = TableFile(path, NAMES, False).passages(ReadReport().tally("passages"))
    assert next(rows).row.id == "1"
