"""Train with MarginMSE: our loop against SentenceTransformerTrainer with its defaults.

    pip install -c constraints.txt '.[offline,bench]'
    python -m bench.train --items 640

Both see every triple once, in batches of 32, with the same learning rate and schedule. The usual
way is fp32 with dropout; ours has bf16 weights with fp32 masters where the processor multiplies
them natively, small micro-batches, and no dropout, as the recipe offline has it. Only the steps
are timed: not loading the model, nor saving it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MarginMSELoss

from acclimate.indexes.lexical import LexicalIndex
from acclimate.models.dense import DenseEncoder
from acclimate.models.resolve import resolve
from acclimate.progress import Silent
from acclimate.settings import TrainSettings
from acclimate.train.batches import Example
from acclimate.train.loop import Task
from acclimate.train.loop import train as our_loop
from acclimate.types import Passage, Query
from bench.compare import Agreement, Way, compare, report
from bench.inputs import MINILM, SEED, options, own_queries, some_passages

BATCH = 32
RATE = 2e-5
#: MarginMSE on cosines: BM25's margins are brought into their range.
LARGEST_MARGIN = 0.5
#: Triples held back, to see what was learnt.
UNSEEN = 128


@dataclass(frozen=True, slots=True)
class Triple:
    """A query, its passage, a passage that BM25 mistakes for it, and the margin to learn."""

    query: str
    positive: str
    negative: str
    margin: float


@dataclass(frozen=True, slots=True)
class Trained:
    """What came out, and the seconds that its steps took."""

    model: SentenceTransformer
    seconds: float


def real_triples(passages: Sequence[Passage], count: int) -> list[Triple]:
    """Sentences of passages with the hard negative that BM25 ranks highest."""
    texts = {passage.id: passage.content for passage in passages}
    rows = {passage.id: row for row, passage in enumerate(passages)}
    index = LexicalIndex.build(passages)
    found: list[Triple] = []
    for own in own_queries(passages, 2):
        hits = index.search([Query(own.id, own.text)], 2)[0]
        others = [hit.passage_id for hit in hits if hit.passage_id != own.passage_id]
        if not others:
            continue
        pair = (own.passage_id, others[0])
        scores = index.score_pairs([own.text], [[rows[passage_id] for passage_id in pair]])[0]
        margin = float(scores[0] - scores[1])
        found.append(Triple(own.text, texts[pair[0]], texts[pair[1]], margin))
        if len(found) == count:
            break
    most = max(abs(triple.margin) for triple in found)
    return [
        Triple(each.query, each.positive, each.negative, LARGEST_MARGIN * each.margin / most)
        for each in found
    ]


def usual(name: str) -> Way[Triple, Trained]:
    """The library's trainer; nothing is saved or logged on the way."""

    def run(triples: Sequence[Triple]) -> Trained:
        model = SentenceTransformer(str(resolve(name).folder))
        columns = {
            "query": [each.query for each in triples],
            "positive": [each.positive for each in triples],
            "negative": [each.negative for each in triples],
            "label": [each.margin for each in triples],
        }
        with tempfile.TemporaryDirectory() as folder:
            settings = SentenceTransformerTrainingArguments(
                output_dir=folder,
                num_train_epochs=1,
                per_device_train_batch_size=BATCH,
                learning_rate=RATE,
                seed=SEED,
                save_strategy="no",
                logging_strategy="no",
                report_to="none",
                disable_tqdm=True,
            )
            trainer = SentenceTransformerTrainer(
                model=model,
                args=settings,
                train_dataset=Dataset.from_dict(columns),
                loss=MarginMSELoss(model),
            )
            metrics = trainer.train().metrics
        return Trained(model.eval(), float(metrics["train_runtime"]))

    return Way("SentenceTransformerTrainer, defaults", run, lambda done: done.seconds)


def ours(name: str) -> Way[Triple, Trained]:
    """Acclimate's loop on the same triples."""

    def run(triples: Sequence[Triple]) -> Trained:
        # A step stands for a batch: one look at the end, so that all steps are timed together.
        steps = len(triples) // BATCH
        settings = TrainSettings(
            max_steps=steps,
            save_steps=steps,
            warmup_steps=0,
            learning_rate=RATE,
            per_device_train_batch_size=BATCH,
            dropout=False,
            seed=SEED,
        )
        student = DenseEncoder.load(name, similarity="dot")
        with tempfile.TemporaryDirectory() as folder:
            course = our_loop(student, as_task(triples, settings), Path(folder), Silent())
        return Trained(student.model, course.seconds)

    return Way("acclimate, no dropout", run, lambda done: done.seconds)


def as_task(triples: Sequence[Triple], settings: TrainSettings) -> Task:
    """The triples as our loop takes them: texts by row, candidates with the teacher's values."""
    contents = [text for each in triples for text in (each.positive, each.negative)]
    examples = [
        Example(each.query, np.array([2 * n, 2 * n + 1]), np.array([each.margin, 0], np.float32))
        for n, each in enumerate(triples)
    ]
    # Vectors are for topic batches only; the last weights are kept when they suit what was learnt.
    return Task(
        examples=examples,
        held_out=examples[:BATCH],
        texts=lambda rows: [contents[row] for row in rows],
        vectors=np.zeros((len(contents), 1), dtype=np.float32),
        settings=settings,
        topics_seed=SEED,
    )


def held_out_loss(model: SentenceTransformer, triples: Sequence[Triple]) -> float:
    """Mean squared error of the margins, in fp32."""

    def vectors(texts: list[str]) -> npt.NDArray[np.float32]:
        return np.asarray(model.encode(texts, show_progress_bar=False), dtype=np.float32)

    queries = vectors([each.query for each in triples])
    positives = vectors([each.positive for each in triples])
    negatives = vectors([each.negative for each in triples])
    given = (queries * (positives - negatives)).sum(axis=1)
    return float(np.mean((given - np.array([each.margin for each in triples])) ** 2))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and report; both must have learnt nearly as much."""
    parser = options(__doc__, 320, "triples, in whole batches")
    parser.add_argument("--model", default=MINILM)
    given = parser.parse_args(arguments)
    wanted = max(1, given.items // BATCH) * BATCH if given.items else sys.maxsize
    triples = real_triples(some_passages(given.collection, 0), wanted + UNSEEN)
    unseen, learnt = triples[-UNSEEN:], triples[:-UNSEEN]
    learnt = learnt[: len(learnt) // BATCH * BATCH]
    ways = [usual(given.model), ours(given.model)]
    found = compare("train", "triples", learnt, ways, given.repetitions, warm_up=BATCH)
    before = held_out_loss(SentenceTransformer(str(resolve(given.model).folder)), unseen)
    after = [held_out_loss(each.model, unseen) for each in found.results]
    print(f"loss on unseen triples: {before:.5f} before, usual {after[0]:.5f}, ours {after[1]:.5f}")
    agreements = [Agreement("usual loss over ours", after[0] / after[1], 0.9)]
    return report([(found, agreements)], vars(given), given.json)


if __name__ == "__main__":
    sys.exit(main())
