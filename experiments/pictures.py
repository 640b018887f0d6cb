"""Captions and pictures of flickr8k_1k: how well they find each other, in four languages.

python experiments/pictures.py excluded data/flickr8k_1k > excluded.txt
python experiments/pictures.py measure data/flickr8k_1k MODEL... > pictures.json
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.corpus import Corpus, open_corpus
from acclimate.evaluate.captions import measure_captions
from acclimate.formats.readreport import Placed, Tally
from acclimate.formats.source import Source
from acclimate.models.base import Vectors
from acclimate.models.dense import DenseEncoder
from acclimate.models.dual import DualEncoder
from acclimate.pictures.read import PictureSource
from acclimate.types import Judgment, Passage, Query

#: Multi30k's captions: one for each picture and language, of the same content in all four.
LANGUAGES = ("en", "de", "fr", "cs")
DOGS = {"en": "dogs", "de": "Hunde", "fr": "chiens", "cs": "psi"}
MEASURED = ("dev", "test")


@dataclass(frozen=True, slots=True)
class InLanguage:
    """The pictures of the collection with their captions in one of Multi30k's languages."""

    pictures: Source
    folder: Path
    language: str
    judged: frozenset[str]

    def passages(self, tally: Tally) -> Iterator[Placed[Passage]]:
        return self.pictures.passages(tally)

    def splits(self) -> list[str]:
        return ["test"]

    def queries(self, tally: Tally) -> Iterator[Placed[Query]]:
        del tally
        for row in _rows(self.folder / f"queries.{self.language}.jsonl"):
            yield Placed(row["_id"], Query(row["_id"], row["text"]))

    def judgments(self, split: str) -> Iterator[Placed[Judgment]]:
        del split
        for row in _rows(self.folder / f"queries.{self.language}.jsonl"):
            picture = row["_id"].rpartition("#")[0]
            if picture in self.judged:
                yield Placed(row["_id"], Judgment(row["_id"], picture, 1))


class Once(DualEncoder):
    """An encoder that encodes each picture once, however many languages are measured."""

    def encode_pictures(self, pictures: Sequence[PictureSource]) -> Vectors:
        return np.concatenate([_encoded(self, os.fspath(each)) for each in pictures])


@cache
def _encoded(encoder: Once, picture: str | bytes) -> Vectors:
    return DualEncoder.encode_pictures(encoder, [picture])


def excluded(folder: Path) -> None:
    """Every caption, in every language, of a picture that is not for training."""
    corpus = open_corpus(folder)
    for split in MEASURED:
        for query in corpus.queries(split):
            print(query.text)
    kept_apart = frozenset().union(*(judged_pictures(corpus, each) for each in MEASURED))
    for language in LANGUAGES:
        for row in _rows(folder / "multi30k" / f"queries.{language}.jsonl"):
            if row["_id"].rpartition("#")[0] in kept_apart:
                print(row["text"])


def measure(folder: Path, models: list[str]) -> None:
    """One object: model, then recall by captions' language, and what "dogs" finds in each."""
    json.dump({name: measured(folder, name) for name in models}, sys.stdout, indent=2)
    print()


def measured(folder: Path, model: str) -> dict[str, Any]:
    """Recall both ways on the test pictures, and the overlap of the first ten pictures."""
    corpus, encoder = open_corpus(folder), Once.of(DenseEncoder.load(model))
    judged = judged_pictures(corpus, "test")
    found = {"en, five captions": asdict(measure_captions(encoder, corpus, "test"))}
    for language in LANGUAGES:
        view = InLanguage(corpus.source, folder / "multi30k", language, judged)
        found[language] = asdict(measure_captions(encoder, Corpus(language, view), "test"))
    return {"recall": found, "dogs": dogs(encoder, corpus)}


def dogs(encoder: DualEncoder, corpus: Corpus) -> dict[str, Any]:
    """The first ten of all pictures for "dogs" in four languages, and how many English shares."""
    pictures = list(corpus.passages())
    vectors = encoder.encode_pictures([each.image for each in pictures])
    first = {}
    for language, word in DOGS.items():
        scores = (encoder.encode_queries([word]) @ vectors.T)[0]
        first[language] = [pictures[row].id for row in (-scores).argsort(kind="stable")[:10]]
    shared = {each: len({*names} & {*first["en"]}) for each, names in first.items()}
    return {"first": first, "shared with en": shared}


def judged_pictures(corpus: Corpus, split: str) -> frozenset[str]:
    return frozenset(row.passage_id for row in corpus.judgments(split))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


if __name__ == "__main__":
    if sys.argv[1] == "excluded":
        excluded(Path(sys.argv[2]))
    else:
        measure(Path(sys.argv[2]), sys.argv[3:])
