"""Which examples are trained on together, and which passages that takes.

A batch names each distinct passage once, however many of its queries want it: the passages are
what costs. Random batches are the paper's. Topic batches (TAS-B, arXiv 2104.06967) bring together
queries whose passages are alike, so that the candidates of one are candidates of others, and a
query is compared with every passage of the batch that the teacher has labelled for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from acclimate.settings import TrainSettings

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Example:
    """A query with its candidates' rows in the corpus, positive first, and their labels."""

    query: str
    rows: Integers
    values: Floats


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts to encode once each, and which of them each query is compared with.

    passages: rows in the corpus; cells: (queries, candidates), places in `passages`; values: the
    teacher's labels there; mask: False where there is no candidate.
    """

    queries: Sequence[str]
    passages: Sequence[int]
    cells: Integers
    values: Floats
    mask: npt.NDArray[np.bool_]


def batches(
    examples: Sequence[Example],
    vectors: npt.NDArray[np.floating[Any]],
    settings: TrainSettings,
    seed: int,
) -> Iterator[Batch]:
    """Batches without end, epoch after epoch; the same ones for the same seed.

    `vectors` are the student's passage vectors at the start, by which topics are told apart.
    """
    epoch = 0
    while True:
        random = np.random.default_rng((seed, epoch))
        if settings.topic_batches:
            yield from _topic_epoch(examples, vectors, settings, random)
        else:
            yield from _random_epoch(examples, settings, random)
        epoch += 1


def _random_epoch(
    examples: Sequence[Example], settings: TrainSettings, random: np.random.Generator
) -> Iterator[Batch]:
    """Every query once, each with its positive and randomly drawn negatives (paper, 4.1)."""
    size = settings.per_device_train_batch_size
    order = random.permutation(len(examples))
    # A last batch that is too small is left out, as the paper's steps are all of one size.
    for start in range(0, max(1, len(order) - size + 1), size):
        drawn = []
        for index in order[start : start + size]:
            example = examples[index]
            count = min(settings.negatives, len(example.rows) - 1)
            chosen = 1 + random.permutation(len(example.rows) - 1)[:count]
            columns = np.concatenate([[0], chosen])
            drawn.append(Example(example.query, example.rows[columns], example.values[columns]))
        yield assemble(drawn)


def _topic_epoch(
    examples: Sequence[Example],
    vectors: npt.NDArray[np.floating[Any]],
    settings: TrainSettings,
    random: np.random.Generator,
) -> Iterator[Batch]:
    """Every query once, beside queries whose passages are alike; new neighbours each epoch."""
    positives = np.array([example.rows[0] for example in examples])
    groups = list(_topics(positives, vectors, settings.per_device_train_batch_size, random))
    for place in random.permutation(len(groups)):
        group = [examples[index] for index in groups[place]]
        present = np.unique([example.rows[0] for example in group])
        inside = [_only(example, present) for example in group]
        usable = [example for example in inside if len(example.rows) > 1]
        if usable:
            yield assemble(usable)


def _topics(
    positives: Integers,
    vectors: npt.NDArray[np.floating[Any]],
    size: int,
    random: np.random.Generator,
) -> Iterator[Integers]:
    """Groups of at most `size` examples, by halving along the line between two random ones."""
    waiting = [np.arange(len(positives))]
    while waiting:
        group = waiting.pop()
        if len(group) <= size:
            yield group
            continue
        first, second = random.choice(group, 2, replace=False)
        direction = vectors[positives[first]] - vectors[positives[second]]
        if not np.any(direction):
            direction = random.standard_normal(vectors.shape[1])
        position = np.asarray(vectors[positives[group]] @ direction)
        # By passage among equals, so that the queries of one passage stay together.
        order = group[np.lexsort((positives[group], position))]
        middle = len(order) // 2
        waiting += [order[:middle], order[middle:]]


def _only(example: Example, present: Integers) -> Example:
    """The example without the candidates that are not among the batch's passages."""
    keep = np.isin(example.rows, present)
    return Example(example.query, example.rows[keep], example.values[keep])


def assemble(examples: Sequence[Example]) -> Batch:
    """One batch of examples, each distinct passage named once."""
    distinct, places = np.unique(
        np.concatenate([example.rows for example in examples]), return_inverse=True
    )
    width = max(len(example.rows) for example in examples)
    cells = np.zeros((len(examples), width), dtype=np.int64)
    values = np.zeros((len(examples), width), dtype=np.float32)
    mask = np.zeros((len(examples), width), dtype=np.bool_)
    start = 0
    for line, example in enumerate(examples):
        count = len(example.rows)
        cells[line, :count] = places[start : start + count]
        values[line, :count] = example.values
        mask[line, :count] = True
        start += count
    return Batch([example.query for example in examples], distinct.tolist(), cells, values, mask)
