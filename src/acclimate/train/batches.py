"""Which examples are trained on together, and which passages that takes.

A batch names each distinct passage once, however many of its queries want it: the passages are
what costs. Random batches are the paper's. A topic batch holds one group of like passages and
queries about them, each compared with every passage of the group. For an objective that takes no
labels each query is compared with all passages of its batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from acclimate.errors import UsageError
from acclimate.settings import TrainSettings
from acclimate.train.topics import Vectors, partition

#: A topic batch with a smaller share of its queries than this takes up another group ...
ENOUGH = 0.25
#: ... until it holds so many groups' passages.
MOST_GROUPS = 4

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


Assemble = Callable[[Sequence[Example]], Batch]


def in_steps(settings: TrainSettings, examples: int, processes: int = 1) -> TrainSettings:
    """The settings with `max_steps` of no more than `epochs` passes over so many examples."""
    if not settings.epochs:
        return settings
    each = max(1, examples // (settings.per_device_train_batch_size * processes))
    return replace(settings, max_steps=min(settings.max_steps, settings.epochs * each))


def batches(
    examples: Sequence[Example],
    vectors: Vectors,
    settings: TrainSettings,
    topics_seed: int,
    *,
    in_batch: bool = True,
) -> Iterator[Batch]:
    """Batches without end, epoch after epoch; the same ones for the same seeds.

    `vectors` are the student's passage vectors at the start, by which topics are told apart;
    `topics_seed` is the one that the queries were labelled for their groups with. `in_batch` says
    whether mnrl may compare a query with the whole batch.
    """
    put_together = assembler(examples, in_batch and settings.objective == "mnrl")
    epoch = 0
    while True:
        random = np.random.default_rng((settings.seed, epoch))
        if settings.topic_passages:
            number = epoch % settings.topic_partitions
            groups = partition(vectors, settings.topic_passages, topics_seed, number)
            made = _topic_epoch(examples, groups, settings, random)
        else:
            made = _random_epoch(examples, settings, random)
        found = False
        for drawn in made:
            found = True
            yield put_together(drawn)
        if not found:
            raise UsageError(
                "train.topic_passages: no query has a label for another passage of its group; "
                "set it to 0, or label again with the setting that the training uses"
            )
        epoch += 1


def _random_epoch(
    examples: Sequence[Example], settings: TrainSettings, random: np.random.Generator
) -> Iterator[list[Example]]:
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
            drawn.append(
                replace(example, rows=example.rows[columns], values=example.values[columns])
            )
        yield drawn


def _topic_epoch(
    examples: Sequence[Example],
    groups: Sequence[Integers],
    settings: TrainSettings,
    random: np.random.Generator,
) -> Iterator[list[Example]]:
    """Group by group, queries about its passages against all labelled passages of it.

    Groups with few queries share a batch, up to so many passages that a step stays affordable.
    """
    group_of = np.empty(sum(map(len, groups)), dtype=np.int64)
    for number, group in enumerate(groups):
        group_of[group] = number
    asked: list[list[int]] = [[] for _ in groups]
    for index, example in enumerate(examples):
        asked[group_of[example.rows[0]]].append(index)
    batch: list[Example] = []
    held = 0
    for number in random.permutation(len(groups)):
        room = settings.per_device_train_batch_size - len(batch)
        drawn = random.permutation(asked[number])[:room].astype(np.int64)
        inside = [_only(examples[index], groups[number]) for index in drawn]
        usable = [example for example in inside if len(example.rows) > 1]
        batch += usable
        held += len(groups[number]) if usable else 0
        enough = len(batch) >= ENOUGH * settings.per_device_train_batch_size
        if enough or held >= MOST_GROUPS * settings.topic_passages:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _only(example: Example, present: Integers) -> Example:
    """The example without the candidates that are not among the batch's passages."""
    keep = np.isin(example.rows, present)
    return replace(example, rows=example.rows[keep], values=example.values[keep])


def assembler(examples: Sequence[Example], in_batch: bool) -> Assemble:
    """How some of the examples become a batch: as they are, or with in-batch negatives.

    With them a query's candidates are its positive and every passage of the batch, except those
    that stand as positives of the same words anywhere among the examples.
    """
    if not in_batch:
        return assemble
    positives: dict[str, list[int]] = defaultdict(list)
    for example in examples:
        positives[example.query].append(int(example.rows[0]))

    def against_each_other(drawn: Sequence[Example]) -> Batch:
        present = np.unique(np.concatenate([example.rows for example in drawn]))
        return assemble([_against(each, np.setdiff1d(present, positives[each.query]))
                         for each in drawn])  # fmt: skip

    return against_each_other


def _against(example: Example, negatives: Integers) -> Example:
    """The example's positive with these negatives, none of which has a label."""
    rows = np.concatenate([example.rows[:1], negatives])
    return replace(example, rows=rows, values=np.zeros(len(rows), dtype=np.float32))


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
