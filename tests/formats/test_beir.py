import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.errors import InputError
from acclimate.formats.beir import BeirFolder, write_beir
from acclimate.formats.readreport import ReadReport
from acclimate.formats.rows import FieldNames
from acclimate.types import Judgment, Passage, Query

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n\0")).filter(
    lambda text: bool(text.strip())
)
PASSAGES = st.lists(st.builds(Passage, IDS, TEXTS, TEXTS, IDS, TEXTS))
NAMES = FieldNames("_id", "title", "text")


def read(folder: Path) -> tuple[list[Passage], list[Query], list[Judgment]]:
    tally = ReadReport().tally("all")
    source = BeirFolder(folder, NAMES)
    return (
        [row for _, row in source.passages(tally)],
        [row for _, row in source.queries(tally)],
        [row for _, row in source.judgments("test")],
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("beir")


@given(
    PASSAGES,
    st.lists(st.builds(Query, IDS, TEXTS)),
    st.lists(st.builds(Judgment, IDS, IDS, st.integers())),
)
def test_a_folder_comes_back(
    folder: Path, passages: list[Passage], queries: list[Query], judgments: list[Judgment]
) -> None:
    write_beir(folder, passages, queries, {"test": judgments})
    assert read(folder) == (passages, queries, judgments)


def test_a_passage_that_is_a_whole_document_is_its_own_document(tmp_path: Path) -> None:
    write_beir(tmp_path, [Passage("d", "text")])
    assert '"metadata": {}' in (tmp_path / "corpus.jsonl").read_text()
    assert read(tmp_path)[0] == [Passage("d", "text", "", "d")]


def test_gzipped_parts_are_read(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    for name, content in (
        ("corpus.jsonl", '{"_id": 1, "text": "t"}'),
        ("queries.jsonl", '{"_id": 2, "text": "q"}'),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n2\t1\t1\n"),
    ):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content.encode()))
    assert BeirFolder(tmp_path, NAMES).splits() == ["test"]
    assert read(tmp_path) == (
        [Passage("1", "t", "", "1")],
        [Query("2", "q")],
        [Judgment("2", "1", 1)],
    )


def test_splits_come_in_their_usual_order(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    for name in ("test.tsv", "all.tsv", "train.tsv", "codes.txt"):
        (tmp_path / "qrels" / name).write_text("")
    assert BeirFolder(tmp_path, NAMES).splits() == ["train", "test", "all"]


def test_an_id_that_run_files_cannot_hold_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds a tab"):
        write_beir(tmp_path, [Passage("a\nb", "text")])
    assert list(tmp_path.iterdir()) == []
