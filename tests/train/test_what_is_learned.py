"""That each objective teaches to find what no word tells: see dialects.py for the corpus.

Queries are words of a passage, as generated ones are. The teacher knows which passages speak of the
same; the other dialect's words stand in none of the queries.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import families
from acclimate.models.dense import DenseEncoder
from acclimate.progress import Silent
from acclimate.settings import TrainSettings
from acclimate.train.batches import Example
from acclimate.train.course import Course
from acclimate.train.loop import Task, train
from dialects import PASSAGES, TOPICS, Dialects, dialects

CANDIDATES = 8
SETTINGS = TrainSettings(
    per_device_train_batch_size=16,
    max_steps=100,
    save_steps=50,
    warmup_steps=5,
    learning_rate=3e-3,
    negatives=CANDIDATES - 1,
    dropout=False,
)


@pytest.fixture(scope="module")
def corpus() -> Dialects:
    return dialects()


@pytest.fixture
def student(corpus: Dialects, tmp_path: Path) -> DenseEncoder:
    folder = families.save("bert", tmp_path / "start", corpus.texts, similarity="cosine")
    return DenseEncoder.load(str(folder), dtype="float32")


def asked(corpus: Dialects, row: int, draw: random.Random) -> Example:
    """Words of one passage, which comes first; the others are drawn from everywhere."""
    query = " ".join(draw.sample(corpus.texts[row].replace(".", "").split(), 3))
    topic = row // PASSAGES
    same = draw.choice([each for each in range(len(corpus.texts))
                        if each // PASSAGES == topic and each != row])  # fmt: skip
    others = [each for each in range(len(corpus.texts)) if each // PASSAGES != topic]
    rows = [row, same, *draw.sample(others, CANDIDATES - 2)]
    values = [float(each // PASSAGES == topic) for each in rows]
    return Example(query, np.array(rows), np.array(values, dtype=np.float32))


def learned(
    student: DenseEncoder, corpus: Dialects, folder: Path, settings: TrainSettings
) -> Course:
    draw = random.Random(3)

    def texts(rows: Sequence[int]) -> list[str]:
        return [corpus.texts[row] for row in rows]

    every = range(TOPICS * PASSAGES)
    task = Task(
        examples=[asked(corpus, row, draw) for row in every for _ in range(3)],
        held_out=[asked(corpus, row, draw) for row in every],
        texts=texts,
        vectors=student.encode_passages(corpus.texts),
        settings=settings,
        topics_seed=0,
    )
    return train(student, task, folder, Silent())


def quality(student: DenseEncoder, corpus: Dialects) -> tuple[float, float]:
    """nDCG@10 for what is said in common words, and for what is said in the other dialect."""
    return corpus.quality(student, corpus.common), corpus.quality(student, corpus.foreign)


@pytest.mark.parametrize(
    ("objective", "negatives"), [("margin-mse", 1), ("margin-mse", 7), ("kl", 7)]
)
def test_gpl_learns_from_its_teacher_what_no_passage_of_the_query_says(
    objective: str, negatives: int, student: DenseEncoder, corpus: Dialects, tmp_path: Path
) -> None:
    common, foreign = quality(student, corpus)
    learned(student, corpus, tmp_path, replace(SETTINGS, objective=objective, negatives=negatives))
    after = quality(student, corpus)
    assert max(common, foreign) < 0.4
    assert after[0] > common + 0.5
    assert after[1] > foreign + 0.5


def test_qgen_learns_what_is_said_along_with_the_query_s_words_and_no_more(
    student: DenseEncoder, corpus: Dialects, tmp_path: Path
) -> None:
    common, foreign = quality(student, corpus)
    learned(student, corpus, tmp_path, replace(SETTINGS, objective="mnrl", negatives=0))
    after = quality(student, corpus)
    assert after[0] > common + 0.4
    assert after[1] < foreign + 0.1
