"""Is the teacher good enough for this corpus? Asked before anything is trained on its word."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np

from acclimate.adapt.label import Values, combine, texts_of
from acclimate.adapt.mine import TOPIC
from acclimate.adapt.result import TeacherAccuracy, TeacherCheck
from acclimate.adapt.teachers import open_teacher
from acclimate.adapt.tools import Tools
from acclimate.evaluate.intervals import bootstrap
from acclimate.models.base import PairScorer
from acclimate.types import GeneratedQuery, Mined

#: Random passages, and mined ones, that each query's own passage is held against.
RIVALS = 4


def check_teacher(
    tools: Tools, queries: Mapping[str, GeneratedQuery], mined: Sequence[Mined]
) -> TeacherCheck:
    """How often the teacher, BM25 and the student put the source passage above others."""
    settings = tools.recipe.label
    draw = random.Random(tools.recipe.seed)  # noqa: S311
    asked = draw.sample(list(mined), min(settings.check_queries, len(mined)))
    rows = [_candidates(row, draw, tools.passages.ids) for row in asked]
    pairs = texts_of(tools, queries, [(row[0], pid) for row in rows for pid in row[1:]])
    teachers = [open_teacher(tools, name) for name in settings.teachers]
    ends = np.cumsum([len(row) - 1 for row in rows])[:-1]

    def blocks(scorer: PairScorer) -> list[Values]:
        return np.split(np.asarray(scorer.score(pairs), dtype=np.float32), ends)

    by_teacher = [blocks(teacher) for teacher in teachers]
    together = [combine(np.stack(each), settings.weights) for each in zip(*by_teacher, strict=True)]
    name = " + ".join(teacher.name for teacher in teachers)
    checked = _accuracy(name, together)
    others = [_accuracy(other, blocks(open_teacher(tools, other))) for other in ("bm25", "student")]
    return TeacherCheck(checked, others, warning(checked, others[-1]))


def _candidates(row: Mined, draw: random.Random, ids: Sequence[str]) -> tuple[str, ...]:
    """Query, positive, then as many random passages as mined ones; never one of them twice.

    Where nothing but a topic gave negatives, those are taken; of a few passages' corpus, so few
    mined ones that there are as many others.
    """
    ranked = [found for name, found in row.negatives.items() if not name.startswith(TOPIC)]
    found = ranked if any(ranked) else row.negatives.values()
    pool = list(dict.fromkeys(passage_id for some in found for passage_id in some))
    hard = draw.sample(pool, min(RIVALS, len(pool), max(1, (len(ids) - 1) // 2)))
    taken = {row.positive_id, *hard}
    easy: list[str] = []
    while len(easy) < len(hard) and len(taken) < len(ids):
        passage_id = draw.choice(ids)
        if passage_id not in taken:
            easy.append(passage_id)
            taken.add(passage_id)
    return (row.query_id, row.positive_id, *hard, *easy)


def _accuracy(name: str, blocks: Sequence[Values]) -> TeacherAccuracy:
    """Means over queries of the share of rivals below the positive; a tie counts a half."""
    over_mined: list[float] = []
    over_random: list[float] = []
    for values in blocks:
        rivals = values[1:]
        below = (rivals < values[0]) + 0.5 * (rivals == values[0])
        hard = (len(rivals) + 1) // 2
        over_mined.append(float(below[:hard].mean()))
        if len(below) > hard:
            over_random.append(float(below[hard:].mean()))
    return TeacherAccuracy(
        name, len(blocks), bootstrap(over_random or over_mined), bootstrap(over_mined)
    )


def warning(teacher: TeacherAccuracy, student: TeacherAccuracy) -> str:
    """What to do about a teacher that knows no more than its student; empty if it does."""
    if teacher.over_mined.value > student.over_mined.value:
        return ""
    return (
        f"the teacher ({teacher.name}) puts the source passage above mined ones in "
        f"{teacher.over_mined.value:.0%} of cases, the student itself in "
        f"{student.over_mined.value:.0%}: it has little to teach here. Add bm25 to "
        "label.teachers, or name a stronger cross-encoder"
    )
