from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.errors import InputError
from acclimate.formats.gpl import (
    read_generated,
    read_margins,
    read_mined,
    write_generated,
    write_margins,
    write_mined,
)
from acclimate.types import GeneratedQuery, Margin, Mined

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n\0")).filter(
    lambda text: bool(text.strip())
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gpl")


@given(st.lists(st.builds(GeneratedQuery, IDS, TEXTS, IDS, TEXTS), unique_by=lambda q: q.id))
def test_generated_queries_come_back(folder: Path, queries: list[GeneratedQuery]) -> None:
    write_generated(folder, queries)
    assert list(read_generated(folder)) == queries


@given(st.lists(st.builds(Mined, IDS, IDS, st.dictionaries(TEXTS, st.lists(IDS).map(tuple)))))
def test_mined_negatives_come_back(folder: Path, rows: list[Mined]) -> None:
    write_mined(folder, rows)
    assert list(read_mined(folder)) == rows


@given(st.lists(st.builds(Margin, IDS, IDS, IDS, st.floats(allow_nan=False, allow_infinity=False))))
def test_margins_come_back_to_the_last_digit(folder: Path, rows: list[Margin]) -> None:
    write_margins(folder, rows)
    assert list(read_margins(folder)) == rows


def test_files_are_as_the_reference_code_writes_them(folder: Path) -> None:
    write_generated(folder, [GeneratedQuery("genQ1", "what is é", "d1", "")])
    write_mined(folder, [Mined("genQ1", "d1", {"msmarco-distilbert-base-v3": ("d2", "d3")})])
    write_margins(folder, [Margin("genQ1", "d1", "d2", 9.25)])
    read = {path.name: path.read_text() for path in folder.rglob("*.*")}
    assert read["qgen-queries.jsonl"] == '{"_id": "genQ1", "text": "what is é", "metadata": {}}\n'
    assert read["train.tsv"] == "query-id\tcorpus-id\tscore\ngenQ1\td1\t1\n"
    assert read["hard-negatives.jsonl"] == (
        '{"qid": "genQ1", "pos": ["d1"], "neg": {"msmarco-distilbert-base-v3": ["d2", "d3"]}}\n'
    )
    assert read["gpl-training-data.tsv"] == "genQ1\td1\td2\t9.25\n"


def test_a_query_of_two_passages_is_written_once_and_read_twice(folder: Path) -> None:
    queries = [GeneratedQuery("q", "text", "d1", ""), GeneratedQuery("q", "text", "d2", "")]
    write_generated(folder, queries, prefix="other")
    assert len((folder / "other-queries.jsonl").read_text().splitlines()) == 1
    assert list(read_generated(folder, prefix="other")) == queries


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gpl-training-data.tsv", "q\tp\tn\n", ":1: 3 columns .* training data has four"),
        ("gpl-training-data.tsv", "q\tp\tn\tnan\n", ":1: the margin 'nan' is no finite number"),
        ("gpl-training-data.tsv", "\tp\tn\t1\n", ":1: the id is empty"),
        ("hard-negatives.jsonl", '{"qid": "q", "pos": ["p"]}', ":1: 'neg' is None; a row looks"),
        ("hard-negatives.jsonl", '{"qid": "q", "pos": "p", "neg": {}}', "'p' is no list of ids"),
        ("hard-negatives.jsonl", '{"qid": "q', ":1: not valid JSON"),
        ("qgen-queries.jsonl", '{"_id": "q", "text": "t"}', ":1: 'q' has no passage in"),
        ("qgen-queries.jsonl", '{"_id": "q"}', ":1: 'text' is None"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    write_generated(tmp_path, [])
    (tmp_path / name).write_text(content)
    readers = {
        "gpl-training-data.tsv": read_margins,
        "hard-negatives.jsonl": read_mined,
        "qgen-queries.jsonl": read_generated,
    }
    with pytest.raises(InputError, match=message):
        list(readers[name](tmp_path))
