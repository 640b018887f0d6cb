"""Generated queries with their labels, passage by passage: the paper's Tables 5 and 11."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acclimate.adapt.finished import read_found, run_passages, stored_rows
from acclimate.adapt.label import Labelled
from acclimate.adapt.result import LabelledPassage
from acclimate.adapt.store import PassageStore

#: Queries shown of each passage, and negatives of each query, as many as in the paper.
QUERIES = 3
NEGATIVES = 4


@dataclass(frozen=True, slots=True)
class Example:
    """A query with its positive and some negatives, each with the teacher's label."""

    query: str
    positive: LabelledPassage
    negatives: Sequence[LabelledPassage]

    @classmethod
    def from_json(cls, noted: Mapping[str, Any]) -> Example:
        """As `asdict` wrote it."""
        negatives = [LabelledPassage(**each) for each in noted["negatives"]]
        return cls(noted["query"], LabelledPassage(**noted["positive"]), negatives)


def draw_examples(run_folder: Path, count: int) -> list[Example]:
    """The first queries about `count` passages of the adaptation that this folder finished last.

    Passages are taken in the order of their ids' hashes, so that runs with other settings show
    the same ones, as far as they have queries about them.
    """
    rows = stored_rows(run_folder)
    passages = run_passages(run_folder, read_found(run_folder))
    texts = {query.id: query.text for query in rows.queries}
    about: dict[str, list[Labelled]] = {}
    for labelled in rows.labelled():
        about.setdefault(labelled.passage_ids[0], []).append(labelled)
    chosen = sorted(about, key=lambda passage_id: hashlib.sha256(passage_id.encode()).digest())
    return [
        _example(passages, texts[labelled.query_id], labelled)
        for passage_id in chosen[:count]
        for labelled in about[passage_id][:QUERIES]
    ]


def _example(passages: PassageStore, query: str, row: Labelled) -> Example:
    found = passages.get(row.passage_ids[: NEGATIVES + 1])
    positive, *negatives = [
        LabelledPassage(passage.id, passage.content, round(float(value), 4))
        for passage, value in zip(found, row.values, strict=False)
    ]
    return Example(query, positive, negatives)
