"""Stage 6: before and after, by people's judgments and, always, without labels.

Without labels the teacher judges held-out generated queries: a passage counts as relevant if it
is the query's source, or if the teacher puts it at least as high. Every passage that any of the
compared systems ranks in its first ten is judged, so that none gains from gaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from acclimate.adapt.label import combine, texts_of
from acclimate.adapt.result import BeforeAfter
from acclimate.adapt.teachers import open_teacher
from acclimate.adapt.tools import Tools
from acclimate.corpus import Corpus
from acclimate.evaluate import measures as measuring
from acclimate.evaluate.evaluation import Evaluation, Units, compare, summarise
from acclimate.indexes.base import Retriever
from acclimate.models.base import Encoder
from acclimate.models.remembered import RememberedQueries
from acclimate.search.drop import DropSameId
from acclimate.search.fuse import Fused
from acclimate.types import GeneratedQuery, Hit, Judgment, Query

#: As deep as the label-free measure looks; what is deeper is not judged.
JUDGED_DEPTH = 10
LABEL_FREE_MEASURES = f"nDCG@{JUDGED_DEPTH} RR@{JUDGED_DEPTH}"

Hits = Mapping[str, Sequence[Hit]]


@dataclass(frozen=True, slots=True)
class Systems:
    """The five that are compared, over one corpus."""

    bm25: Retriever
    before: Retriever
    after: Retriever
    fused_before: Retriever
    fused_after: Retriever

    def each(self) -> tuple[Retriever, ...]:
        return (self.bm25, self.before, self.after, self.fused_before, self.fused_after)


@dataclass(frozen=True, slots=True)
class Measured:
    """Before and after: without labels, and by people's judgments where there are some."""

    label_free: BeforeAfter
    judged: BeforeAfter | None
    #: The text of every query that was asked, by its id.
    asked: Mapping[str, str]


NAMES = ("BM25", "before", "after", "BM25 + before", "BM25 + after")


def before_and_after(
    tools: Tools,
    everywhere: Tools,
    adapted: Encoder,
    held_out: Sequence[GeneratedQuery],
    judged: Corpus | None,
) -> Measured:
    """Compare the student before and after.

    Held-out queries search what was adapted to; people's judgments are about the whole corpus,
    which `everywhere` is over.
    """
    label_free = judged_by_teacher(tools, systems(tools, adapted), held_out)
    asked = {query.id: query.text for query in held_out}
    if judged is None:
        return Measured(label_free, None, asked)
    by_people = judged_by_people(everywhere, systems(everywhere, adapted), judged)
    asked |= {query.id: query.text for query in judged.queries(tools.recipe.measure.split)}
    return Measured(label_free, by_people, asked)


def systems(tools: Tools, adapted: Encoder) -> Systems:
    """BM25, the model before and after, and each fused with BM25."""
    before, after = tools.dense("student"), tools.index(RememberedQueries(adapted))
    bm25 = tools.lexical
    return Systems(bm25, before, after, Fused([bm25, before]), Fused([bm25, after]))


def judged_by_people(tools: Tools, compared: Systems, judged: Corpus) -> BeforeAfter:
    """Before and after on a split's own judgments."""
    settings = tools.recipe.measure
    queries, judgments = judged.queries(settings.split), judged.judgments(settings.split)
    found = []
    for retriever in compared.each():
        asked: Retriever = DropSameId(retriever) if judged.drop_same_id else retriever
        hits = asked.search(queries, settings.depth)
        found.append(dict(zip((query.id for query in queries), hits, strict=True)))
    return _summary("judgments", judged.name, found, judgments, settings.measures)


def judged_by_teacher(
    tools: Tools, compared: Systems, held_out: Sequence[GeneratedQuery]
) -> BeforeAfter:
    """Before and after on held-out generated queries, judged by the teacher."""
    queries = [Query(query.id, query.text) for query in held_out]
    found = [
        dict(
            zip(
                (query.id for query in queries),
                retriever.search(queries, JUDGED_DEPTH),
                strict=True,
            )
        )
        for retriever in compared.each()
    ]
    judgments = _teacher_judgments(tools, held_out, found)
    # A passage that is found for one of its queries is mostly found for the others too.
    units = {query.id: tools.passages.first(query.passage_id) for query in held_out}
    return _summary("teacher", "held-out queries", found, judgments, LABEL_FREE_MEASURES, units)


def _teacher_judgments(
    tools: Tools, held_out: Sequence[GeneratedQuery], found: Sequence[Hits]
) -> list[Judgment]:
    pools = [
        list(
            dict.fromkeys(
                [query.passage_id, *(hit.passage_id for hits in found for hit in hits[query.id])]
            )
        )
        for query in held_out
    ]
    ids = [(query.id, pid) for query, pool in zip(held_out, pools, strict=True) for pid in pool]
    pairs = texts_of(tools, {query.id: query for query in held_out}, ids)
    settings = tools.recipe.label
    raw = np.array(
        [open_teacher(tools, name).score(pairs) for name in settings.teachers], dtype=np.float32
    )
    judgments: list[Judgment] = []
    start = 0
    for query, pool in zip(held_out, pools, strict=True):
        values = combine(raw[:, start : start + len(pool)], settings.weights)
        start += len(pool)
        judgments += [
            Judgment(query.id, passage_id, int(value >= values[0]))
            for passage_id, value in zip(pool, values, strict=True)
        ]
    return judgments


def _summary(
    labels: str,
    corpus: str,
    found: Sequence[Hits],
    judgments: Sequence[Judgment],
    measures: str,
    units: Units | None = None,
) -> BeforeAfter:
    parsed = measuring.parse(measures)
    evaluated: list[Evaluation] = [
        summarise(name, hits, judgments, parsed, corpus, units=units)
        for name, hits in zip(NAMES, found, strict=True)
    ]
    bm25, before, after, fused_before, fused_after = evaluated
    main = next(iter(parsed))
    comparisons = [
        *compare(before, after, bm25, fused_before, fused_after, measures=[main], units=units),
        *compare(fused_before, fused_after, measures=[main], units=units),
    ]
    return BeforeAfter(labels, corpus, bm25, before, after, fused_before, fused_after, comparisons)
