"""The corpora of an experiment, opened and hashed before any work starts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from acclimate.adapt.finished import MANIFEST
from acclimate.adapt.sources import FinishedRun, Judged, LabelFile, label_source
from acclimate.corpus import Corpus, open_corpus
from acclimate.errors import UsageError
from acclimate.experiments.grid import Collection
from acclimate.models.packaged import sha256_of
from acclimate.pictures.read import picture_digest
from acclimate.settings import SourceSettings


@dataclass(frozen=True, slots=True)
class Opened:
    """A corpus with its judgments, and a hash over all that is in them."""

    name: str
    corpus: Corpus
    judged: Corpus
    split: str
    digest: str

    def run_folder(self, out: Path) -> Path:
        """The one run folder of all cells of this corpus, where they share stages."""
        return out / "corpora" / re.sub(r"[^\w.+-]+", "-", self.name)


def open_collection(collection: Collection, place: str) -> Opened:
    """Open a corpus of an experiment; `place` is the file.

    Raises UsageError where it is missing or has no such judgments.
    """
    place = f"{place}: corpora {collection.name!r}"
    try:
        corpus = open_corpus(collection.corpus)
        judged = open_corpus(collection.judged) if collection.judged else corpus
        splits = judged.splits()
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from error
    if collection.split not in splits:
        known = f"choose from {', '.join(splits)}" if splits else "it has no judgments"
        raise UsageError(f"{place}: {judged.name} has no split {collection.split!r}; {known}")
    digest = _digest(corpus, judged, collection.split)
    return Opened(collection.name, corpus, judged, collection.split, digest)


def source_digest(wanted: SourceSettings, place: str) -> str:
    """A hash over the labelled collection that a step learns from, read long before it does.

    Raises UsageError where it is missing or has no such split.
    """
    try:
        source = label_source(wanted.corpus, wanted.split)
    except UsageError as error:
        raise UsageError(f"{place}: source.corpus: {error}") from error
    splits = source.corpus.splits() if isinstance(source, Judged) else [wanted.split]
    if wanted.split not in splits:
        raise UsageError(
            f"{place}: source.split is {wanted.split!r}; {wanted.corpus} has {', '.join(splits)}"
        )
    match source:
        case Judged():
            return _digest(source.corpus, source.corpus, wanted.split)
        case LabelFile():
            return sha256_of(source.path)
        case FinishedRun():
            return sha256_of(source.folder / MANIFEST)


def _digest(corpus: Corpus, judged: Corpus, split: str) -> str:
    whole = hashlib.sha256()
    for text in _contents(corpus, judged, split):
        whole.update(hashlib.sha256(text.encode()).digest())
    return whole.hexdigest()


def _contents(corpus: Corpus, judged: Corpus, split: str) -> Iterator[str]:
    for passage in corpus.passages():
        yield passage.id
        yield passage.content
        if passage.image:
            yield picture_digest(passage.image)
    for query in judged.queries(split):
        yield query.id
        yield query.text
    for row in judged.judgments(split):
        yield f"{row.query_id}\t{row.passage_id}\t{row.grade}"
