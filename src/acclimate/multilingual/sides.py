"""One side of a bitext: the lines of a file, each text once, on disk with their vectors."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from acclimate.errors import InputError
from acclimate.formats.files import read_lines
from acclimate.indexes.arrays import map_array, write_blocks
from acclimate.indexes.exact import StoredVectors
from acclimate.indexes.lines import Lines, write_lines
from acclimate.models.base import Encoder, Similarity, Vectors
from acclimate.models.languages import UNKNOWN, LanguageDetector
from acclimate.progress import Progress
from acclimate.ranking import Rows

ENCODED_AT_A_TIME = 1_024


@dataclass(frozen=True, slots=True)
class Side:
    """The kept lines of a file, by row.

    texts: one line a row; vectors: shape (rows, dimension), unit length, mapped; rows: the row of
    each line of the file, -1 where it has none, shape (lines,); dropped: how many, and why.
    """

    path: Path
    texts: Lines
    vectors: StoredVectors
    rows: Rows
    dropped: Mapping[str, int]

    def text(self, row: int) -> str:
        return self.texts[row][0]

    def first_lines(self) -> Rows:
        """The number, from 1, of the first line that holds each row's text; shape (rows,)."""
        kept = np.flatnonzero(self.rows >= 0)
        _, first = np.unique(self.rows[kept], return_index=True)
        return np.asarray(kept[first] + 1, dtype=np.int64)


def read_side(
    path: Path, encoder: Encoder, language: str, scratch: Path, progress: Progress
) -> Side:
    """Read and encode a text file, a sentence a line, into files in the folder `scratch`.

    Repeated lines share a row: else a sentence's nearest neighbours would be its own copies, and
    its margins 1. Empty lines have none; nor have lines that are in another language than
    `language`, where one is given. A line whose language is unknown is kept. Per line of the file,
    memory holds a few dozen bytes. Raises InputError where nothing is left.
    """
    scratch.mkdir()
    kept = _Kept(language)
    write_lines(scratch / "texts", ([text] for text in kept.reading(path)))
    rows = np.asarray(kept.rows, dtype=np.int64)
    count = int(rows.max(initial=-1)) + 1
    if not count:
        left_out = ", ".join(f"{lines} {why}" for why, lines in kept.dropped.items())
        raise InputError(
            f"{path}: no line to mine from ({left_out or 'the file is empty'}); "
            "give a text file with a sentence a line"
        )
    texts = Lines.open(scratch / "texts")
    blocks = _encoded(texts, count, encoder, progress, path.name)
    write_blocks(scratch / "vectors.npy", encoder.dimension, np.float32, blocks)
    vectors = map_array(scratch / "vectors.npy", np.float32, (count, encoder.dimension))
    return Side(path, texts, vectors, rows, dict(kept.dropped))


class _Kept:
    """Lets each new text through, and notes the row of every line."""

    def __init__(self, language: str) -> None:
        self.rows = array("q")
        self.dropped = Counter[str]()
        self._known: dict[bytes, int] = {}
        self._language = language
        self._detector = LanguageDetector.load() if language else None

    def reading(self, path: Path) -> Iterator[str]:
        for line in read_lines(path):
            text = " ".join(line.split())
            digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
            row = self._known.get(digest, -1)
            reason = "repeated" if row >= 0 else self._refusal(text)
            if reason:
                self.dropped[reason] += 1
            else:
                row = self._known[digest] = len(self._known)
                yield text
            self.rows.append(row)

    def _refusal(self, text: str) -> str:
        if not text:
            return "empty"
        if self._detector is None or self._detector.detect(text) in (self._language, UNKNOWN):
            return ""
        return "other language"


def _encoded(
    texts: Lines, count: int, encoder: Encoder, progress: Progress, name: str
) -> Iterator[Vectors]:
    waiting = iter(range(count))
    with progress.task(name, count) as advance:
        while rows := list(islice(waiting, ENCODED_AT_A_TIME)):
            vectors = encoder.encode_passages([texts[row][0] for row in rows])
            # Margins are made of cosines, whatever the model itself compares by.
            yield Similarity.COSINE.prepare(vectors)
            advance(len(rows))
