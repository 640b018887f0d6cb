from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from acclimate.corpus import CorpusSettings, list_corpora, open_corpus
from acclimate.errors import InputError, UsageError
from acclimate.formats.beir import write_beir
from acclimate.formats.readreport import Reason
from acclimate.types import Judgment, Passage, Query

Collection = Callable[[str], Path]

CORPUS = """{"_id": "1", "title": "Head", "text": "one"}
{"_id": "2", "title": " ", "text": ""}
{"_id": "1", "title": "Head", "text": "one"}
{"_id": 3, "text": "three"}
"""
QUERIES = """{"_id": "q1", "text": "one?"}
{"_id": "q1", "text": "one?"}
{"_id": "q2", "text": ""}
{"_id": "q3", "text": "nobody judged this"}
"""
QRELS = "query-id\tcorpus-id\tscore\nq1\t1\t1\nq1\t1\t1\nq1\tgone\t1\nq9\t1\t1\nq2\t1\t1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text(CORPUS)
    (tmp_path / "queries.jsonl").write_text(QUERIES)
    (tmp_path / "qrels" / "test.tsv").write_text(QRELS)
    return tmp_path


def test_harmless_flaws_are_passed_over_and_counted_once(folder: Path) -> None:
    corpus = open_corpus(folder)
    for _ in range(2):
        assert [passage.id for passage in corpus.passages()] == ["1", "3"]
        assert corpus.queries() == [Query("q1", "one?")]
        assert corpus.judgments() == [Judgment("q1", "1", 1), Judgment("q1", "gone", 1)]
    assert {(skip.reason, skip.count) for skip in corpus.report.skips} == {
        (Reason.EMPTY_PASSAGE, 1),
        (Reason.REPEATED_PASSAGE, 1),
        (Reason.EMPTY_QUERY, 1),
        (Reason.REPEATED_QUERY, 1),
        (Reason.UNJUDGED_QUERY, 1),
        (Reason.REPEATED_JUDGMENT, 1),
        (Reason.ABSENT_PASSAGE, 1),
        (Reason.ABSENT_QUERY, 2),
    }
    first = {skip.reason: skip.first for skip in corpus.report.skips}
    assert first[Reason.EMPTY_PASSAGE] == f"{folder}/corpus.jsonl:2"
    assert first[Reason.ABSENT_PASSAGE] == f"{folder}/qrels/test.tsv:4 ('gone')"


def test_a_reading_that_stops_early_leaves_the_counts(folder: Path) -> None:
    corpus = open_corpus(folder)
    list(corpus.passages())
    assert [passage.id for passage in islice(corpus.passages(), 1)] == ["1"]
    assert corpus.report.count(Reason.EMPTY_PASSAGE) == 1


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("corpus.jsonl", '{"_id": "1", "text": "other"}', ":5: the id '1' came before with"),
        ("corpus.jsonl", '{"_id": "9", "body": "b"}', ":5: no 'text' among"),
        ("corpus.jsonl", '{"_id": "9"', ":5: not valid JSON"),
        ("queries.jsonl", '{"_id": "q1", "text": "other"}', ":5: the id 'q1' came before with"),
        ("queries.jsonl", '{"_id": "q7"}', ":5: no 'text' among"),
        ("qrels/test.tsv", "q1\t1\t2", r":7: \('q1', '1'\) is judged 2 here and 1 before"),
        ("qrels/test.tsv", "q1\t1\tyes", ":7: the grade 'yes'"),
    ],
)
def test_harmful_flaws_are_refused(folder: Path, name: str, line: str, message: str) -> None:
    with open(folder / name, "a") as handle:
        handle.write(line + "\n")
    with pytest.raises(InputError, match=message):
        open_corpus(folder).queries()


def test_a_broken_split_is_named_with_what_helps_whichever_is_asked_for(folder: Path) -> None:
    broken = folder / "qrels" / "flo.tsv"
    broken.write_text("q1\t1\tmuch\n")
    unused = r"flo\.tsv:1: the grade 'much' .* remove the file if nobody needs 'flo'"
    with pytest.raises(InputError, match=unused):
        open_corpus(folder).queries("test")
    with pytest.raises(InputError, match=r"flo\.tsv:1: the grade 'much'"):
        open_corpus(folder).queries("flo")
    broken.unlink()
    assert open_corpus(folder).queries("test") == [Query("q1", "one?")]


def test_a_split_that_is_not_there_is_refused_with_those_that_are(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"no split 'dev'; choose from test"):
        open_corpus(folder).queries("dev")


def test_a_corpus_alone_has_no_queries(tmp_path: Path) -> None:
    write_beir(tmp_path, [Passage("1", "text")])
    corpus = open_corpus(tmp_path)
    assert corpus.splits() == []
    assert not corpus.drop_same_id
    with pytest.raises(UsageError, match=r"no judgments; add qrels/test\.tsv"):
        corpus.judgments()


def test_a_corpus_without_any_text_is_refused_with_the_reason(tmp_path: Path) -> None:
    write_beir(tmp_path, [Passage("1", " ")])
    with pytest.raises(InputError, match=r"no text and no picture in it: 1 empty passages"):
        list(open_corpus(tmp_path).passages())


def test_queries_that_are_passages_themselves_drop_their_own_id(tmp_path: Path) -> None:
    passages = [Passage("1", "text one"), Passage("2", "text two", "head")]
    judgments = {"test": [Judgment("1", "2", 1), Judgment("2", "1", 1)]}
    write_beir(tmp_path, passages, [Query("1", "text one"), Query("2", "head text two")], judgments)
    assert open_corpus(tmp_path).drop_same_id
    assert not open_corpus(tmp_path, CorpusSettings(drop_same_id=False)).drop_same_id


def test_numbers_that_happen_to_be_ids_of_both_drop_nothing(tmp_path: Path) -> None:
    judgments = {"test": [Judgment("1", "1", 1)]}
    write_beir(tmp_path, [Passage("1", "text")], [Query("1", "what?")], judgments)
    assert not open_corpus(tmp_path).drop_same_id
    assert open_corpus(tmp_path, CorpusSettings(drop_same_id=True)).drop_same_id


def test_settings_name_the_columns_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("key,body\n7,Text\n")
    corpus = open_corpus(tmp_path / "t.csv", CorpusSettings(id_field="key", text_field="body"))
    assert list(corpus.passages()) == [Passage("7", "Text", "", "7")]


def test_a_folder_of_documents_is_cut_to_size(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One two three. Four five six.")
    corpus = open_corpus(str(tmp_path), CorpusSettings(passage_words=4))
    assert [passage.id for passage in corpus.passages()] == ["a.txt#1", "a.txt#2"]
    with pytest.raises(UsageError, match="passage_words is 0"):
        open_corpus(tmp_path, CorpusSettings(passage_words=0))


def test_a_folder_of_collections_names_them(tmp_path: Path) -> None:
    for name in ("android", "gis"):
        write_beir(tmp_path / name, [Passage("1", "text")])
    with pytest.raises(UsageError, match="2 collections; name one of them: android, gis"):
        open_corpus(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("one.txt", "a single document; pass the folder"),
        ("one.zip", "files of this kind are not read"),
        ("none.csv", "neither a file nor a folder.* check the path"),
    ],
)
def test_what_cannot_be_opened_says_what_can(tmp_path: Path, name: str, message: str) -> None:
    for there in ("one.txt", "one.zip"):
        (tmp_path / there).write_text("text")
    with pytest.raises(UsageError, match=message):
        open_corpus(tmp_path / name)


def test_collections_below_the_data_folder_go_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_beir(tmp_path / "xquad" / "en", [Passage("1", "text")])
    write_beir(tmp_path / "mine", [Passage("1", "text")])
    monkeypatch.setenv("ACCLIMATE_DATA", str(tmp_path))
    assert [info.name for info in list_corpora()] == ["python-stdlib", "mine", "xquad/en"]
    corpus = open_corpus("xquad/en")
    assert corpus.name == "xquad/en"
    assert [passage.id for passage in corpus.passages()] == ["1"]


def test_the_packaged_collection_is_always_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCLIMATE_DATA", raising=False)
    assert [info.name for info in list_corpora()] == ["python-stdlib"]


@pytest.mark.real
def test_scifact_has_its_published_counts(collection: Collection) -> None:
    corpus = open_corpus(collection("scifact"))
    assert sum(1 for _ in corpus.passages()) == 5183
    assert corpus.splits() == ["train", "test"]
    assert (len(corpus.queries()), len(corpus.judgments())) == (300, 339)
    assert (len(corpus.queries("train")), len(corpus.judgments("train"))) == (809, 919)
    assert not corpus.drop_same_id
    assert corpus.report.skips == []


@pytest.mark.real
def test_cranfield_lacks_its_two_empty_documents(collection: Collection) -> None:
    corpus = open_corpus(collection("cranfield"))
    ids = {passage.id for passage in corpus.passages()}
    assert {str(number) for number in range(1, 1401)} - ids == {"471", "995"}
    assert corpus.report.count(Reason.EMPTY_PASSAGE) == 2
    assert (len(corpus.queries()), len(corpus.judgments())) == (225, 1837)
    assert not corpus.drop_same_id


@pytest.mark.real
def test_arguana_drops_the_query_itself_and_counts_what_beir_lacks(collection: Collection) -> None:
    corpus = open_corpus(collection("arguana"))
    assert sum(1 for _ in corpus.passages()) == 8674
    assert (len(corpus.queries()), len(corpus.judgments())) == (1406, 1406)
    assert corpus.drop_same_id
    assert corpus.report.count(Reason.ABSENT_PASSAGE) == 5


@pytest.mark.real
def test_medline_has_its_counts(collection: Collection) -> None:
    corpus = open_corpus(collection("medline"))
    assert sum(1 for _ in corpus.passages()) == 1033
    assert (len(corpus.queries()), len(corpus.judgments())) == (30, 696)
    assert not corpus.drop_same_id
