"""Whether an explanation holds: do its words carry more of the score than other words do?

The "comprehensiveness" of DeYoung et al., "ERASER: A Benchmark to Evaluate Rationalized NLP
Models" (ACL 2020, section 4), beside the same number of other words drawn at random.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from acclimate.engine.attribution import ScoreTexts, without
from acclimate.engine.records import Span
from acclimate.engine.units import word_spans

#: Random choices of other words that are averaged.
DRAWS = 10


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How far a score drops without the named words, and without as many others (the mean)."""

    named: float
    others: float


def fidelity(
    content: str, named: Sequence[Span], score: ScoreTexts, *, draws: int = DRAWS, seed: int = 0
) -> Fidelity:
    """Erase the named words together, and `draws` times as many others.

    `named` are words of `word_spans(content)`, at most half of them.
    """
    others = [word for word in word_spans(content) if word not in set(named)]
    draw = random.Random(seed)  # noqa: S311
    groups = [list(named), *(draw.sample(others, len(named)) for _ in range(draws))]
    variants = [without(content, sorted(group, key=lambda word: word.start)) for group in groups]
    whole, without_named, *without_others = score([content, *variants])
    return Fidelity(float(whole - without_named), float(whole - fmean(without_others)))
