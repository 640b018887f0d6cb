"""The named rows that flow through the program. Every id is a string; every record is frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: What can stand in a passage's metadata, and be asked for in a filter.
Scalar = str | int | float | bool
#: The metadata field that says which language a passage is in, as ISO 639-1 has it.
LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Document:
    """One unit of a user's corpus, before it is split into passages."""

    id: str
    text: str
    title: str = ""
    metadata: Mapping[str, Scalar] = field(default_factory=dict, hash=False)
    #: The path of a picture, which may be all that the document holds.
    image: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is encoded, ranked and judged.

    `document_id` names the document it was cut from (its own id where the document is one
    passage), `place` says where in it ("page 3", "section Usage"), for people to find it again.
    `metadata` is what else the collection says of it, for filters; no model reads it. Where
    `image` is the path of a picture, the picture is the passage: a model that knows pictures reads
    it, and `text` is its caption, if it has one, for BM25 and for people.
    """

    id: str
    text: str
    title: str = ""
    document_id: str = ""
    place: str = ""
    metadata: Mapping[str, Scalar] = field(default_factory=dict, hash=False)
    image: str = ""

    @property
    def content(self) -> str:
        """Title and body joined, the input of every model of texts (GPL paper, section 4.1)."""
        return f"{self.title} {self.text}".strip() if self.title else self.text


@dataclass(frozen=True, slots=True)
class Query:
    """A question put to a retriever."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class GeneratedQuery:
    """A query written for one passage; `style` names the way of asking that it came from."""

    id: str
    text: str
    passage_id: str
    style: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query; higher scores are better."""

    passage_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Judgment:
    """How relevant a passage is for a query: 0 is not relevant, more is better."""

    query_id: str
    passage_id: str
    grade: int


@dataclass(frozen=True, slots=True)
class Mined:
    """A generated query's own passage and the hard negatives found for it, by retriever."""

    query_id: str
    positive_id: str
    negatives: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Triple:
    """One query with its positive and one of its hard negatives."""

    query_id: str
    positive_id: str
    negative_id: str


@dataclass(frozen=True, slots=True)
class Score:
    """The teacher's score of one (query, passage) pair, on the teacher's raw scale."""

    query_id: str
    passage_id: str
    value: float


@dataclass(frozen=True, slots=True)
class Margin:
    """How far the teacher prefers one passage over another for a query (signed, raw scale).

    GPL paper, section 3: delta = CE(Q, P+) - CE(Q, P-).
    """

    query_id: str
    positive_id: str
    negative_id: str
    value: float


@dataclass(frozen=True, slots=True)
class Translation:
    """A sentence and what it is called in another language; languages as `de`, `zh`, `kab`."""

    source: str
    target: str
    source_language: str
    target_language: str
