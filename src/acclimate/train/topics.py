"""Partitions of a corpus into groups of like passages, for batches that share their passages.

TAS-B (arXiv 2104.06967) clusters queries to fill a batch with one topic. Here the passages are
grouped: they are what costs to encode, and every query about one of a group's passages can be
compared with all of them, if the teacher has labelled them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.floating[Any]]

#: Rounds of two-means in every split; the halves hardly change after these.
ROUNDS = 4


def partition(vectors: Vectors, size: int, seed: int, number: int) -> list[Integers]:
    """Every row of `vectors` in one group of at most `size` like rows.

    Groups are halved along the line between two centres until they are small enough; another
    `number` gives other groups.
    """
    random = np.random.default_rng((seed, number))
    done: list[Integers] = []
    waiting = [np.arange(len(vectors))]
    while waiting:
        group = waiting.pop()
        if len(group) <= size:
            done.append(np.sort(group))
        else:
            waiting += _halves(group, np.asarray(vectors[group], dtype=np.float32), random)
    return done


def _halves(
    group: Integers, vectors: npt.NDArray[np.float32], random: np.random.Generator
) -> list[Integers]:
    """Two halves of equal size, by two-means from two random members."""
    first, second = vectors[random.choice(len(group), 2, replace=False)]
    middle = len(group) // 2
    order = np.arange(len(group))
    for _ in range(ROUNDS):
        order = np.argsort(vectors @ (first - second), kind="stable")
        second, first = vectors[order[:middle]].mean(axis=0), vectors[order[middle:]].mean(axis=0)
    return [group[order[:middle]], group[order[middle:]]]
