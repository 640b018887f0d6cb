"""How well captions and pictures find each other: recall at 1, 5 and 10, both ways.

As for Flickr and COCO since Karpathy and Fei-Fei (arXiv 1412.2306, section 4.2): a caption is to
find its picture among those of the split, and a picture any of its captions among all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

from acclimate.corpus import Corpus
from acclimate.errors import InputError
from acclimate.evaluate.intervals import Estimate, bootstrap
from acclimate.indexes.encode import encode_mixed
from acclimate.models.base import Encoder, Vectors

CUTOFFS = (1, 5, 10)
#: Rows of one side that are compared with the other at a time.
BLOCK = 1_024

#: True where a caption is of a picture, shape (captions, pictures).
Pairs = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CaptionRecall:
    """Recall by cutoff, and what a random order would give, both ways."""

    captions: int
    pictures: int
    text_to_picture: Mapping[int, Estimate]
    picture_to_text: Mapping[int, Estimate]
    text_to_picture_chance: Mapping[int, float]
    picture_to_text_chance: Mapping[int, float]


def measure_captions(encoder: Encoder, corpus: Corpus, split: str) -> CaptionRecall:
    """Of the captions (queries) and pictures (passages) that a split judges relevant.

    Raises InputError where the split judges no picture, UsageError for an encoder of texts alone.
    """
    queries = {query.id: query.text for query in corpus.queries(split)}
    right = [row for row in corpus.judgments(split) if row.grade > 0]
    wanted = {row.passage_id for row in right}
    shown = [each for each in corpus.passages() if each.image and each.id in wanted]
    columns = {passage.id: column for column, passage in enumerate(shown)}
    judged = [row for row in right if row.passage_id in columns and row.query_id in queries]
    if not judged:
        raise InputError(
            f"{corpus.name}: no picture is judged in {split!r}; give a collection whose corpus "
            "has pictures and whose queries are their captions"
        )
    rows = {query_id: n for n, query_id in enumerate(dict.fromkeys(r.query_id for r in judged))}
    pairs: Pairs = np.zeros((len(rows), len(columns)), dtype=np.bool_)
    for each in judged:
        pairs[rows[each.query_id], columns[each.passage_id]] = True
    pictures = encode_mixed(encoder, shown)
    captions = encoder.encode_queries([queries[query_id] for query_id in rows])
    return CaptionRecall(
        captions=len(rows),
        pictures=len(columns),
        text_to_picture=_recall(captions, pictures, pairs, pairs.argmax(axis=1).tolist()),
        picture_to_text=_recall(pictures, captions, pairs.T, range(len(columns))),
        text_to_picture_chance=_chance(pairs),
        picture_to_text_chance=_chance(pairs.T),
    )


def _chance(pairs: Pairs) -> Mapping[int, float]:
    """Whether one of those that are right, drawn without returning, is among the first k."""
    among = pairs.shape[1]
    wrong = Counter((among - pairs.sum(axis=1)).tolist())
    return {
        k: 1 - sum(n * comb(each, k) for each, n in wrong.items()) / (len(pairs) * comb(among, k))
        if k < among
        else 1.0
        for k in CUTOFFS
    }


def _recall(
    asked: Vectors, among: Vectors, pairs: Pairs, units: Sequence[int]
) -> Mapping[int, Estimate]:
    """`units` says which picture each of those asked is about: its captions fall together."""
    ranks = np.concatenate(
        [
            _ranks(asked[start : start + BLOCK] @ among.T, pairs[start : start + BLOCK])
            for start in range(0, len(asked), BLOCK)
        ]
    )
    return {k: bootstrap((ranks <= k).astype(np.float64).tolist(), units=units) for k in CUTOFFS}


def _ranks(scores: Vectors, pairs: Pairs) -> npt.NDArray[np.int64]:
    """The rank of the best right answer in each row; wrong ones with its very score go before it.

    So a model for which all is alike finds nothing, instead of everything.
    """
    best = np.where(pairs, scores, -np.inf).max(axis=1, keepdims=True)
    return np.asarray(1 + ((scores >= best) & ~pairs).sum(axis=1), dtype=np.int64)
