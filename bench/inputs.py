"""Real inputs, the same ones on every run, and the options that all comparisons share."""

from __future__ import annotations

import random
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from transformers.utils import logging

from acclimate.corpus import open_corpus
from acclimate.models.sentences import OwnSentences
from acclimate.types import GeneratedQuery, Passage

SEED = 42
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
GEMMA = "google/gemma-3-270m"


def options(about: str | None, items: int, what: str, repetitions: int = 3) -> ArgumentParser:
    """The options that every comparison has."""
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    parser = ArgumentParser(
        description=(about or "").partition("\n")[0], formatter_class=ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--collection", default="python-stdlib", help="such as a BEIR folder")
    parser.add_argument("--items", type=int, default=items, help=f"{what}; 0 takes all")
    parser.add_argument("--repetitions", type=int, default=repetitions, help="rounds")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    return parser


def some_passages(collection: str, count: int) -> list[Passage]:
    """A random part of a collection in its order, always the same; all of it for 0."""
    every = list(open_corpus(collection).passages())
    if not count or count >= len(every):
        return every
    rows = sorted(random.Random(SEED).sample(range(len(every)), count))
    return [every[row] for row in rows]


def own_queries(passages: Sequence[Passage], per_passage: int = 1) -> list[GeneratedQuery]:
    """Sentences of the passages as queries: real words, and no model is needed for them."""
    drawn = OwnSentences().generate(passages, per_passage, SEED)
    return [
        GeneratedQuery(f"{passage.id}/{number}", text, passage.id, style)
        for passage, found in zip(passages, drawn, strict=True)
        for number, (style, text) in enumerate(found)
    ]
