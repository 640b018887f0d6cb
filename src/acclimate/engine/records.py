"""What is asked of an index folder, and what it answers. Every record is frozen."""

from __future__ import annotations

from dataclasses import dataclass

from acclimate.types import Passage


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search. Each default lives here once; the command line and the service derive them."""

    k: int = 10
    #: "lexical", "dense", "dense:MODEL", "sparse", "late", "hybrid" or "hybrid:rrf" (by reciprocal
    #: ranks); empty takes the best that the index has: hybrid, or the only kind there is.
    mode: str = ""
    #: The re-ranker: "cross-encoder:NAME", "monot5:NAME", "likelihood:NAME", "encoder:NAME",
    #: "late:NAME", or empty for none.
    rerank: str = ""
    #: How many hits of the first stage the re-ranker reads.
    rerank_top: int = 50
    #: Seconds that the re-ranker may take for a query; what it has not read by then keeps the
    #: first stage's order, below what it has. 0 sets no limit.
    rerank_seconds: float = 0.0
    #: A condition on metadata, such as "year >= 2020 and topic = 'law'"; applied inside the search.
    where: str = ""
    #: In an index of several languages: "alike" takes out of the scores how near the query lies to
    #: each language as such; "prefer" does so too, and then favours the query's own language,
    #: "prefer:de" German. Empty leaves the scores as they are.
    languages: str = ""
    #: Say why each hit was found.
    explain: bool = False
    #: With `explain`: only of the hits with these ids; none named means of all.
    explain_ids: tuple[str, ...] = ()
    #: Cut out of each hit what shows best why it was found. That is most of what a search by words
    #: costs, which programs that read whole passages can spare themselves.
    snippets: bool = True
    #: Seconds that reasons may take for a query; hits whose turn has not come by then have no
    #: explanation. 0 sets no limit.
    explain_seconds: float = 0.0


DEFAULTS = SearchOptions()


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of a text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Snippet:
    """The part of a passage that shows best why it was found, and what to highlight in it.

    `marks` count in `text`, in order and without overlaps.
    """

    text: str
    marks: tuple[Span, ...] = ()


NO_SNIPPET = Snippet("")


@dataclass(frozen=True, slots=True)
class StageScore:
    """A hit's rank (from 1) and score at one stage; rank 0: that stage did not find it."""

    stage: str
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class TermWeight:
    """What one term adds to a hit's BM25 score (or to its learned sparse one)."""

    term: str
    weight: float


@dataclass(frozen=True, slots=True)
class WordWeight:
    """How far the score drops without one word of the passage; `span` counts in its content.

    A word is erased wherever it stands, and its occurrences share the drop.
    """

    word: str
    span: Span
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a passage was found: term by term, and word by word of the passage.

    `note` says why there are no words where none can be weighed, as in a picture.
    """

    terms: tuple[TermWeight, ...] = ()
    words: tuple[WordWeight, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One passage found, its rank counted from 1."""

    rank: int
    score: float
    passage: Passage
    #: `NO_SNIPPET` where `SearchOptions.snippets` wanted none.
    snippet: Snippet
    #: Every stage that the search went through, in order.
    stages: tuple[StageScore, ...]
    #: Only where `SearchOptions.explain` asked for it.
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one stage of one search took."""

    stage: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The results of one query and how they came about."""

    query: str
    #: The mode that was used, also where the options left it open.
    mode: str
    results: tuple[Result, ...]
    timings: tuple[Timing, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What one update did, in passages."""

    added: int = 0
    replaced: int = 0
    deleted: int = 0
    unchanged: int = 0
