"""The whole of GPL in small: a corpus with a passage twice in it, recipes of toy parts, tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import toys
from acclimate.adapt.store import store_passages
from acclimate.adapt.tools import Tools
from acclimate.corpus import open_corpus
from acclimate.progress import Silent
from acclimate.runs import Run
from acclimate.settings import (
    FilterSettings,
    GenerateSettings,
    LabelSettings,
    MeasureSettings,
    MineSettings,
    Recipe,
    StudentSettings,
    TrainSettings,
)
from toys import Toys

#: The passage that stands in the corpus twice, word for word, and its copy.
TWICE = {"p0", "copy"}


def corpus(folder: Path, passages: int = 24) -> Path:
    """A judged toy corpus whose first passage has an exact copy under another id."""
    toys.toy_corpus(folder, passages)
    path = folder / "corpus.jsonl"
    lines = path.read_text().splitlines()
    copy = json.loads(lines[0]) | {"_id": "copy"}
    path.write_text("\n".join([*lines, json.dumps(copy)]) + "\n")
    return folder


def recipe(toy: Toys, *teachers: str) -> Recipe:
    """Every stage at work, and done in a second or two."""
    return Recipe(
        name="tiny",
        student=StudentSettings(model=str(toy.encoder)),
        generate=GenerateSettings(
            model=str(toy.causal), per_passage=2, own_sentences=1, max_query_tokens=10
        ),
        filter=FilterSettings(top_k=15),
        mine=MineSettings(retrievers=("student", "bm25"), negatives=6),
        label=LabelSettings(teachers=teachers or ("bm25", "student"), negatives=5),
        train=TrainSettings(
            per_device_train_batch_size=8,
            max_steps=6,
            save_steps=3,
            warmup_steps=1,
            learning_rate=1e-3,
            held_out=0.2,
        ),
        measure=MeasureSettings(measures="nDCG@10"),
    )


@contextmanager
def tools(corpus: Path, folder: Path, recipe: Recipe) -> Iterator[Tools]:
    """What the stages share, over a run folder of its own."""
    with Run(folder, Silent()) as run:
        yield Tools(run, store_passages(open_corpus(corpus), run), recipe)
