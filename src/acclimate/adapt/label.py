"""Stage 4: pseudo labels. The teacher scores pairs; margins are derived from the scores.

Every (query, passage) pair is scored once: the positive's score serves all of its margins.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acclimate.adapt.mine import TOPIC
from acclimate.adapt.teachers import open_teacher, reads_passages_once
from acclimate.adapt.tools import Tools
from acclimate.models.base import PairScorer
from acclimate.runs import Rows, Shard, key_of
from acclimate.settings import LabelSettings
from acclimate.types import GeneratedQuery, Margin, Mined, Passage, Query, Score

#: Pairs in one shard: what a killed run loses at most, minutes where a language model reads them.
SHARD = 1024

Values = npt.NDArray[np.float32]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A query and its candidates, the positive first, with the teacher's value for each."""

    query_id: str
    passage_ids: tuple[str, ...]
    values: Values

    def margins(self) -> Iterator[Margin]:
        """How far the positive is preferred over each negative (GPL paper, section 3)."""
        positive, *negatives = self.passage_ids
        for passage_id, value in zip(negatives, self.values[1:], strict=True):
            yield Margin(self.query_id, positive, passage_id, float(self.values[0] - value))


def candidates(mined: Iterable[Mined], count: int, seed: int) -> Iterator[tuple[str, ...]]:
    """For each query its id, its positive and `count` negatives drawn from all that were mined.

    Those of its topic all come along: its batches are made of them.
    """
    for row in mined:
        found = {True: list[str](), False: list[str]()}
        for name, ids in row.negatives.items():
            found[name.startswith(TOPIC)] += ids
        mates = dict.fromkeys(found[True])
        pool = [pid for pid in dict.fromkeys(found[False]) if pid not in mates]
        # Seeded by the query, so that its draw does not depend on other queries.
        drawn = random.Random(f"{seed}/{row.query_id}").sample(pool, min(count, len(pool)))  # noqa: S311
        yield (row.query_id, row.positive_id, *drawn, *mates)


def label(
    tools: Tools,
    queries: Mapping[str, GeneratedQuery],
    mined: Rows[Mined],
    known: Sequence[Sequence[Rows[Score]]] = (),
) -> list[Rows[Score]]:
    """Every teacher's raw scores of all drawn candidates, each pair scored once.

    `known` is what this returned before: pairs that have a score there are left out.
    """
    settings = tools.recipe.label
    chosen = list(candidates(mined, settings.negatives, tools.recipe.seed))
    return [
        _score(tools, open_teacher(tools, name), queries, chosen, mined.key,
               [scores[nth] for scores in known])
        for nth, name in enumerate(settings.teachers)
    ]  # fmt: skip


def labels(
    mined: Iterable[Mined], scores: Sequence[Iterable[Score]], settings: LabelSettings, seed: int
) -> list[Labelled]:
    """The teachers' scores brought together, query by query."""
    chosen = list(candidates(mined, settings.negatives, seed))
    raw = np.stack([_values(rows, chosen) for rows in scores])
    ends = np.cumsum([len(row) - 1 for row in chosen])
    return [
        Labelled(row[0], row[1:], _value(block, settings))
        for row, block in zip(chosen, np.split(raw, ends[:-1], axis=1), strict=True)
    ]


def combine(scores: Values, weights: Sequence[float] = ()) -> Values:
    """Several teachers' scores of one query's candidates (teachers, candidates) as one value each.

    One teacher's raw scale is kept. Those of several are standardised over the candidates, so
    that none drowns the others, and summed by weight. A teacher that has the same to say of
    every candidate adds nothing.
    """
    if len(scores) == 1:
        alone: Values = scores[0]
        return alone
    spread = scores.std(axis=1, keepdims=True)
    centred = scores - scores.mean(axis=1, keepdims=True)
    standard = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-6)
    share = np.asarray(weights or [1.0] * len(scores), dtype=np.float32)
    mixed: Values = (share[:, None] * standard).sum(axis=0).astype(np.float32)
    return mixed


def _value(scores: Values, settings: LabelSettings) -> Values:
    """The teachers' scores of one query as labels, its source passage (the first) raised."""
    values = combine(scores, settings.weights).copy()
    values[0] += settings.source_bonus * (values.std() if len(scores) > 1 else 1.0)
    return values


def _score(
    tools: Tools,
    teacher: PairScorer,
    queries: Mapping[str, GeneratedQuery],
    chosen: Sequence[tuple[str, ...]],
    mined_key: str,
    known: Sequence[Rows[Score]],
) -> Rows[Score]:
    scored = {(score.query_id, score.passage_id) for rows in known for score in rows}
    # Distinct: an imported query may have several passages, and their negatives in common.
    every = dict.fromkeys((row[0], passage_id) for row in chosen for passage_id in row[1:])
    pairs = [pair for pair in every if pair not in scored]
    if reads_passages_once(teacher):
        pairs.sort(key=lambda pair: (tools.rows[pair[1]], pair[0]))

    def work(number: int, taken: list[Pair]) -> Shard[Score]:
        del number
        values = teacher.score(texts_of(tools, queries, taken))
        rows = [
            Score(query_id, passage_id, round(value, 6))
            for (query_id, passage_id), value in zip(taken, values, strict=True)
        ]
        return Shard(rows, {})

    settings = tools.recipe.label
    key = key_of(
        "label", settings.negatives, tools.recipe.seed, mined_key, teacher.identity,
        *(rows.key for rows in known),
    )  # fmt: skip
    name = f"label-{teacher.name.replace('/', '_').replace(':', '-')}"
    return tools.run.stage(name, Score, work, pairs, key, SHARD, len(pairs))


def texts_of(
    tools: Tools, queries: Mapping[str, GeneratedQuery], pairs: Sequence[Pair]
) -> list[tuple[Query, Passage]]:
    """The texts behind pairs of ids; each distinct passage is fetched once."""
    wanted = list(dict.fromkeys(passage_id for _, passage_id in pairs))
    passages = dict(zip(wanted, tools.passages.get(wanted), strict=True))
    return [
        (Query(query_id, queries[query_id].text), passages[passage_id])
        for query_id, passage_id in pairs
    ]


def _values(scores: Iterable[Score], chosen: Sequence[tuple[str, ...]]) -> Values:
    """One teacher's scores in the candidates' order, shape (pairs,)."""
    values = {(score.query_id, score.passage_id): score.value for score in scores}
    return np.array([values[row[0], pid] for row in chosen for pid in row[1:]], dtype=np.float32)
