from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.errors import InputError
from acclimate.formats.trec import (
    read_qrels,
    read_run,
    write_beir_qrels,
    write_run,
    write_trec_qrels,
)
from acclimate.ranking import ordered_hits
from acclimate.types import Hit, Judgment

IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n\0")).filter(
    lambda text: bool(text.strip())
)
SCORES = st.floats(allow_nan=False)
HITS = st.lists(
    st.builds(Hit, IDS, SCORES), min_size=1, max_size=5, unique_by=lambda h: h.passage_id
)
JUDGMENTS = st.lists(st.builds(Judgment, IDS, IDS, st.integers()))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trec") / "file.tsv"


@given(st.dictionaries(IDS, HITS, max_size=4))
def test_runs_come_back_ranked(path: Path, hits: dict[str, list[Hit]]) -> None:
    write_run(path, hits)
    assert read_run(path) == {query: ordered_hits(found) for query, found in hits.items()}


@given(JUDGMENTS)
def test_trec_judgments_come_back(path: Path, judgments: list[Judgment]) -> None:
    write_trec_qrels(path, judgments)
    assert [row for _, row in read_qrels(path)] == judgments


@given(JUDGMENTS)
def test_beir_judgments_come_back(path: Path, judgments: list[Judgment]) -> None:
    write_beir_qrels(path, judgments)
    assert [row for _, row in read_qrels(path)] == judgments


def test_equal_scores_are_written_in_order_of_their_ids(path: Path) -> None:
    write_run(path, {"q1": [Hit("b", 1.0), Hit("c", 2.5), Hit("a", 1.0)]}, tag="mine")
    assert path.read_text() == ("q1 Q0 c 1 2.5 mine\nq1 Q0 a 2 1.0 mine\nq1 Q0 b 3 1.0 mine\n")


@pytest.mark.parametrize(
    "content",
    [
        "query-id\tcorpus-id\tscore\r\nq\td\t1\r\n",
        "q\td\t1\n",
        "q 0 d 1\n\n",
        "q\t0\td\t1",
        "qid\tpid\tgrade\nq\td\t1\n",
        '"q"\td\t1\n',
    ],
)
def test_judgments_are_read_with_or_without_header(path: Path, content: str) -> None:
    path.write_bytes(content.encode())
    assert [row for _, row in read_qrels(path)] == [Judgment("q", "d", 1)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("q\td\t1.5\n", r":1: the grade '1\.5' is no whole number"),
        ("query-id\tcorpus-id\tscore\nq\td\thigh\n", ":2: the grade 'high'"),
        ("q\td\n", ":1: 2 columns .*judgments have three"),
        ("\td\t1\n", ":1: the id is empty"),
    ],
)
def test_bad_judgments_are_refused(path: Path, content: str, message: str) -> None:
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        list(read_qrels(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("q Q0 d 1 0.5\n", ":1: 5 columns .* a TREC run has six"),
        ("q Q0 d 1 best tag\n", ":1: the score 'best' is no number"),
        ("q Q0 d 1 nan tag\n", ":1: the score 'nan' is no number"),
        ("q Q0 d 1 2 tag\nq Q0 d 2 1 tag\n", ":2: 'd' is twice in the ranking of 'q'"),
    ],
)
def test_bad_runs_are_refused(path: Path, content: str, message: str) -> None:
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_run(path)


def test_an_id_that_would_break_the_columns_is_not_written(path: Path) -> None:
    with pytest.raises(InputError, match="holds a tab"):
        write_run(path, {"q": [Hit("a\tb", 1.0)]})
