"""BM25 over an inverted index (bm25s, Lucene's variant of the formula)."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import bm25s
import numpy as np
import numpy.typing as npt

from acclimate.errors import InputError, StaleRows, UsageError
from acclimate.indexes.analysers import TextAnalyser, new_analyser
from acclimate.ranking import places, top_found
from acclimate.types import Hit, Passage, Query

Scores = npt.NDArray[np.float32]

_MANIFEST = "lexical.json"


@dataclass(frozen=True, slots=True)
class LexicalSettings:
    """How BM25 reads and weighs words.

    The defaults for k1 (how soon repetition stops counting) and b (how much long passages are
    held back) are Anserini's; the language is an ISO 639-1 code, `und` if it is not known, `mul` if
    each text has one of its own.
    """

    language: str = "en"
    k1: float = 0.9
    b: float = 0.4

    def __post_init__(self) -> None:
        if not 0 <= self.k1 < float("inf"):
            raise UsageError(f"BM25: k1 is {self.k1}; it must be 0 or more, such as 0.9")
        if not 0 <= self.b <= 1:
            raise UsageError(f"BM25: b is {self.b}; it must lie between 0 and 1, such as 0.4")


class LexicalIndex:
    """BM25 as a retriever. Build it with `LexicalIndex.build` or `LexicalIndex.load`."""

    name = "bm25"

    def __init__(
        self, settings: LexicalSettings, ids: list[str], bm25: bm25s.BM25, analyse: TextAnalyser
    ) -> None:
        self.settings = settings
        self.ids = ids
        self._bm25 = bm25
        self._analyse = analyse
        self._places = places(ids)

    @property
    def identity(self) -> str:
        """Changes whenever the same passages might score otherwise."""
        return _identity(self.settings, self._analyse)

    @classmethod
    def build(
        cls, passages: Iterable[Passage], settings: LexicalSettings | None = None
    ) -> LexicalIndex:
        """Index passages as they stream by; their texts are not kept."""
        settings = settings or LexicalSettings()
        analyse = new_analyser(settings.language)
        ids: list[str] = []
        vocabulary: dict[str, int] = {}
        terms: list[array[int]] = []
        for passage in passages:
            ids.append(passage.id)
            # Four bytes a term, and ids in order of appearance, so that builds repeat.
            terms.append(
                array(
                    "i",
                    (
                        vocabulary.setdefault(term, len(vocabulary))
                        for term in analyse(passage.content)
                    ),
                )
            )
        if not vocabulary:
            raise InputError(
                f"BM25: no word in any of the {len(ids)} passages; check that the corpus has text "
                f"and that its language is {settings.language!r}"
            )
        bm25 = bm25s.BM25(k1=settings.k1, b=settings.b, method="lucene")
        bm25.index((terms, vocabulary), create_empty_token=False, show_progress=False)
        return cls(settings, ids, bm25, analyse)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """The best k passages that share a word with each query; equal scores by passage id."""
        return [self._search(query.text, k) for query in queries]

    def _search(self, text: str, k: int) -> list[Hit]:
        scores = self.scores(text)
        best = top_found(scores, self._places, k)
        found = zip(best.tolist(), scores[best].tolist(), strict=True)
        return [Hit(self.ids[row], score) for row, score in found]

    def scores(self, query: str) -> Scores:
        """Every passage's score for one query, shape (len(ids),), in the order of `ids`."""
        terms = self._terms(query)
        scores: Scores = self._bm25.get_scores_from_ids(terms)
        return scores

    def score_pairs(self, queries: Sequence[str], rows: Sequence[Sequence[int]]) -> list[Scores]:
        """Scores of chosen passages: for each query, shape (len(rows[i]),), equal to `scores`.

        `rows` are positions in `ids`. Looks up only these cells, so that the cost does not grow
        with the corpus.
        """
        return [
            self._cells(self._terms(query), np.asarray(chosen, dtype=np.int64))
            for query, chosen in zip(queries, rows, strict=True)
        ]

    def _terms(self, query: str) -> list[int]:
        vocabulary = self._bm25.vocab_dict
        return [vocabulary[term] for term in self._analyse(query) if term in vocabulary]

    def _cells(self, terms: list[int], rows: npt.NDArray[np.int64]) -> Scores:
        scores = np.zeros(len(rows), dtype=np.float32)
        if not len(rows):
            return scores
        if rows.min() < 0 or rows.max() >= len(self.ids):
            raise IndexError(f"rows {rows.min()}..{rows.max()} of {len(self.ids)} passages")
        starts, passages, weights = (
            np.asarray(self._bm25.scores[part]) for part in ("indptr", "indices", "data")
        )
        for term in terms:  # in query order and in float32: the sums must equal bm25s' own
            column = slice(starts[term], starts[term + 1])
            at = np.searchsorted(passages[column], rows)
            at[at == column.stop - column.start] = 0
            scores += np.where(passages[column][at] == rows, weights[column][at], np.float32(0))
        return scores

    def save(self, folder: Path) -> None:
        """Write the index: arrays as .npy, the rest as JSON; nothing is pickled.

        The manifest goes last, so that a broken-off save is never taken for an index.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MANIFEST).unlink(missing_ok=True)
        parts = folder / ".partial"
        self._bm25.save(parts, show_progress=False)
        manifest = {"identity": self.identity, "settings": asdict(self.settings), "ids": self.ids}
        (parts / _MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
        # Files are replaced, not rewritten: another process may have the old ones mapped.
        for part in sorted(parts.iterdir(), key=lambda path: path.name == _MANIFEST):
            os.replace(part, folder / part.name)
        parts.rmdir()

    @classmethod
    def load(cls, folder: Path, mmap: bool = False) -> LexicalIndex:
        """Read an index; with `mmap` its arrays stay on disk and processes share them."""
        try:
            manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise InputError(
                f"{folder}: no {_MANIFEST}, so no finished BM25 index; build it again"
            ) from error
        settings = LexicalSettings(**manifest["settings"])
        analyse = new_analyser(settings.language)
        if manifest["identity"] != _identity(settings, analyse):
            raise StaleRows(
                f"{folder}: built with {manifest['identity']!r}, but installed is "
                f"{_identity(settings, analyse)!r}; build the index again"
            )
        bm25 = bm25s.BM25.load(folder, mmap=mmap, show_progress=False)
        return cls(settings, manifest["ids"], bm25, analyse)


def _identity(settings: LexicalSettings, analyse: TextAnalyser) -> str:
    return f"bm25s {version('bm25s')} lucene k1={settings.k1} b={settings.b} {analyse.identity}"
