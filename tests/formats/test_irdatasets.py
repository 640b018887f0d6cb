from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from acclimate.corpus import open_corpus
from acclimate.errors import InputError, MissingExtra, UsageError
from acclimate.formats import irdatasets
from acclimate.types import Judgment, Passage, Query


class Doc(NamedTuple):
    doc_id: str
    title: str
    text: str


class Page(NamedTuple):
    doc_id: str
    url: str
    body: str

    def default_text(self) -> str:
        return self.body


class Question(NamedTuple):
    query_id: str
    text: str


class Qrel(NamedTuple):
    query_id: str
    doc_id: str
    relevance: int


@dataclass
class Dataset:
    """As ir_datasets hands one out: each part may be missing."""

    docs: list[Any] = field(default_factory=list)
    queries: list[Question] = field(default_factory=list)
    qrels: list[Qrel] = field(default_factory=list)
    offline: bool = False

    def has_docs(self) -> bool:
        return bool(self.docs) or self.offline

    def has_queries(self) -> bool:
        return bool(self.queries)

    def has_qrels(self) -> bool:
        return bool(self.qrels)

    def docs_iter(self) -> Iterator[Any]:
        if self.offline:
            raise ConnectionError("name resolution failed")
        return iter(self.docs)

    def queries_iter(self) -> Iterator[Question]:
        return iter(self.queries)

    def qrels_iter(self) -> Iterator[Qrel]:
        return iter(self.qrels)


DOCS = [Doc("d1", "Head", "Text one"), Page("d2", "http://x", "Text two")]
QUERIES = [Question("q1", "one?"), Question("q2", "two?")]
REGISTRY = {
    "toy": Dataset(DOCS, QUERIES),
    "toy/train": Dataset(DOCS, QUERIES[:1], [Qrel("q1", "d1", 1)]),
    "toy/test": Dataset(DOCS, QUERIES[1:], [Qrel("q2", "d2", 2)]),
    "toy/unjudged": Dataset(DOCS, QUERIES),
    "away/test": Dataset(offline=True),
    "topics": Dataset(queries=QUERIES),
}


@pytest.fixture
def _toys(monkeypatch: pytest.MonkeyPatch) -> None:
    module = SimpleNamespace(load=REGISTRY.__getitem__, registry=REGISTRY)
    monkeypatch.setattr(irdatasets, "need", lambda name, extra: module)


@pytest.mark.usefixtures("_toys")
def test_an_id_with_judgments_is_one_split() -> None:
    corpus = open_corpus("toy/test")
    assert list(corpus.passages()) == [
        Passage("d1", "Text one", "Head", "d1"),
        Passage("d2", "Text two", "", "d2"),
    ]
    assert corpus.splits() == ["test"]
    assert corpus.queries() == [Query("q2", "two?")]
    assert corpus.judgments() == [Judgment("q2", "d2", 2)]


@pytest.mark.usefixtures("_toys")
def test_an_id_without_judgments_has_the_splits_below_it() -> None:
    corpus = open_corpus("toy")
    assert corpus.splits() == ["train", "test"]
    assert corpus.queries("train") == [Query("q1", "one?")]


@pytest.mark.usefixtures("_toys")
def test_a_failed_download_names_what_else_helps() -> None:
    with pytest.raises(InputError, match=r"away/test: .*could not fetch.*BEIR folder by its path"):
        list(open_corpus("away/test").passages())


@pytest.mark.usefixtures("_toys")
def test_an_id_without_documents_is_refused() -> None:
    with pytest.raises(InputError, match="topics: this ir_datasets id has no docs"):
        list(open_corpus("topics").passages())


@pytest.mark.usefixtures("_toys")
def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(UsageError, match="toy/other: neither a file nor a folder"):
        open_corpus("toy/other")


def test_without_ir_datasets_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def need(name: str, extra: str) -> None:
        raise MissingExtra(f"run: pip install 'acclimate[{extra}]'")

    monkeypatch.setattr(irdatasets, "need", need)
    with pytest.raises(MissingExtra, match=r"neither a file nor.*acclimate\[datasets\]"):
        open_corpus("beir/scifact/test")


def test_real_ids_are_known() -> None:
    pytest.importorskip("ir_datasets", reason="ir_datasets is an extra")
    assert irdatasets.knows("beir/scifact/test")
    assert not irdatasets.knows("beir/none")
    assert open_corpus("beir/scifact").splits() == ["train", "test"]
