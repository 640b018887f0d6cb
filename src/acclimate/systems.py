"""From a name to a retriever over a corpus: bm25, a model, a TREC run, or a sum of them."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.corpus import Corpus
from acclimate.errors import UsageError
from acclimate.indexes.base import Retriever
from acclimate.indexes.dense import ExactIndex, encode_corpus
from acclimate.indexes.encode import seeing_encoder
from acclimate.indexes.exact import StoredVectors
from acclimate.indexes.lexical import LexicalIndex, LexicalSettings
from acclimate.models.base import Encoder
from acclimate.models.encoders import open_encoder
from acclimate.paths import cache_folder
from acclimate.pictures.read import PictureSource, picture_digest
from acclimate.progress import Progress, Silent
from acclimate.search.drop import DropSameId
from acclimate.search.fuse import Fused
from acclimate.search.run import RunRetriever
from acclimate.types import Hit, Passage

BM25 = "bm25"
RUN_ENDINGS = (".trec", ".run", ".txt")


def open_system(
    name: str,
    corpus: Corpus,
    language: str = "en",
    progress: Progress | None = None,
    *,
    drop_same_id: bool | None = None,
) -> Retriever:
    """The system called `name`, ready to search `corpus`.

    `name` is bm25, a model's name or folder, a TREC run's file, or several of them joined by "+",
    whose scores are then standardised and summed. `drop_same_id` None asks the corpus.
    """
    progress = progress or Silent()
    parts = [name] if Path(name).expanduser().exists() else name.split("+")
    systems = [_open_one(part.strip(), corpus, language, progress) for part in parts]
    system = systems[0] if len(systems) == 1 else Fused(systems)
    drop = corpus.drop_same_id if drop_same_id is None else drop_same_id
    return DropSameId(system) if drop else system


def rank_by_picture(
    model: str, corpus: Corpus, picture: PictureSource, k: int, progress: Progress | None = None
) -> list[Hit]:
    """The best k passages for a query that is a picture, best first."""
    encoder = seeing_encoder(open_encoder(model), "the query is a picture")
    vector = encoder.encode_pictures([picture])
    index = _dense(encoder, corpus, progress or Silent())
    rows, scores = index.search_vectors(vector, k)
    return [
        Hit(index.ids[row], float(score)) for row, score in zip(rows[0], scores[0], strict=True)
    ]


def is_run(name: str) -> bool:
    """Whether a system's name is that of a TREC run's file."""
    path = Path(name.removesuffix(".gz"))
    return path.suffix.lower() in RUN_ENDINGS and not Path(name).expanduser().is_dir()


def _open_one(name: str, corpus: Corpus, language: str, progress: Progress) -> Retriever:
    if not name:
        raise UsageError("a system without a name; name bm25, a model, or a TREC run's file")
    if name.lower() == BM25:
        settings = LexicalSettings(language=language)
        return LexicalIndex.build(_counted(corpus.passages(), progress, "index"), settings)
    if is_run(name):
        return RunRetriever.load(Path(name).expanduser())
    path = Path(name).expanduser()
    if path.is_file():
        raise UsageError(
            f"{name} is a file that is neither a model's folder nor a TREC run; "
            f"a run's name ends in {', '.join(RUN_ENDINGS)}"
        )
    return _dense(open_encoder(name), corpus, progress)


def _dense(encoder: Encoder, corpus: Corpus, progress: Progress) -> ExactIndex:
    """Exact search over vectors, which are kept under a hash of the corpus and the model."""
    contents = _Contents()
    count = sum(1 for _ in contents.reading(corpus.passages()))
    stored = _stored(_vector_file(contents, encoder), contents.ids, encoder.dimension)
    if stored is not None:
        return ExactIndex(encoder, contents.ids, stored)
    with tempfile.TemporaryDirectory() as scratch:
        folder = _writable(cache_folder() / "vectors") or Path(scratch)
        return _encoded(encoder, corpus, progress, count, folder)


def _encoded(
    encoder: Encoder, corpus: Corpus, progress: Progress, count: int, folder: Path
) -> ExactIndex:
    contents = _Contents()
    passages = _counted(contents.reading(corpus.passages()), progress, "encode", count)
    part = folder / f"{secrets.token_hex(8)}.part"
    try:
        ids, vectors = encode_corpus(encoder, passages, part)
        # Named after what was read while encoding: the corpus may have changed meanwhile. What is
        # mapped stays readable when the file is renamed here, or deleted with a scratch folder.
        part.replace(folder / _vector_file(contents, encoder).name)
    finally:
        part.unlink(missing_ok=True)
        part.with_name(f"{part.name}.partial").unlink(missing_ok=True)
    return ExactIndex(encoder, ids, vectors)


class _Contents:
    """A hash of passages as they stream by, and their ids."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._digest = hashlib.sha256()

    def reading(self, passages: Iterable[Passage]) -> Iterator[Passage]:
        for passage in passages:
            self.ids.append(passage.id)
            for part in (passage.id, passage.content, *_picture(passage)):
                data = part.encode()
                # The length keeps "ab" + "c" apart from "a" + "bc".
                self._digest.update(len(data).to_bytes(8) + data)
            yield passage

    @property
    def fingerprint(self) -> str:
        return self._digest.hexdigest()


def _picture(passage: Passage) -> tuple[str, ...]:
    """What tells a picture from the one that may lie at its path tomorrow."""
    return (picture_digest(passage.image),) if passage.image else ()


def _vector_file(contents: _Contents, encoder: Encoder) -> Path:
    key = hashlib.sha256(f"{contents.fingerprint} {encoder.identity}".encode()).hexdigest()
    return cache_folder() / "vectors" / f"{key[:32]}.npy"


def _stored(path: Path, ids: list[str], dimension: int) -> StoredVectors | None:
    with suppress(OSError, ValueError):
        vectors: np.ndarray[Any, np.dtype[Any]] = np.load(path, mmap_mode="r")
        if vectors.shape == (len(ids), dimension):
            return vectors
    return None


def _writable(folder: Path) -> Path | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _counted(
    passages: Iterable[Passage], progress: Progress, name: str, total: int | None = None
) -> Iterator[Passage]:
    with progress.task(name, total) as advance:
        for passage in passages:
            yield passage
            advance(1)
