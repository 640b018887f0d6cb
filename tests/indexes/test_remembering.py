"""A leg that remembers: the same answers as before, and each query encoded once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from acclimate.indexes.base import EncodingLeg, Kind
from acclimate.indexes.bm25 import LexicalKind
from acclimate.indexes.late import LateKind
from acclimate.indexes.lexical import LexicalSettings
from acclimate.indexes.sparse import SparseKind
from acclimate.models.base import Vectors
from acclimate.models.sparse import SparseVector
from acclimate.types import Passage
from sparse_toys import WrittenWeights

ALL = np.ones(3, dtype=np.bool_)


class CountedWeights(WrittenWeights):
    """Counts how often a query is encoded."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def encode_queries(self, texts: Sequence[str]) -> list[SparseVector]:
        self.asked.update(texts)
        return super().encode_queries(texts)


class CountedTokens:
    """Reads each text as JSON, the vectors of its tokens, and counts how often it is asked."""

    dimension, name, identity = 2, "tokens", "tokens-1"

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def encode_queries(self, texts: Sequence[str]) -> list[Vectors]:
        self.asked.update(texts)
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> list[Vectors]:
        return [np.array(json.loads(text), dtype=np.float32) for text in texts]


WEIGHTS, TOKENS = CountedWeights(), CountedTokens()


@pytest.mark.parametrize(
    ("kind", "asked", "texts"),
    [
        (SparseKind(WEIGHTS), WEIGHTS.asked, ["1:2 5:1", "5:4", "1:1"]),
        (LateKind(TOKENS), TOKENS.asked, ["[[1, 0]]", "[[0, 1], [1, 0]]", "[[0, 1]]"]),
    ],
    ids=["sparse", "late"],
)
def test_queries_are_encoded_once_however_often_the_leg_is_asked(
    kind: Kind, asked: Counter[str], texts: list[str], tmp_path: Path
) -> None:
    kind.write(tmp_path, [Passage(f"p{n}", text) for n, text in enumerate(texts)])
    leg = kind.open([tmp_path], ALL, np.arange(3))
    assert isinstance(leg, EncodingLeg)
    remembering = leg.remembering()
    rows = np.arange(3)
    for query in texts:
        [wanted] = leg.search([query], 3, ALL)
        asked.clear()
        for _ in range(3):
            [found] = remembering.search([query], 3, ALL)
            np.testing.assert_array_equal(found.rows, wanted.rows)
            np.testing.assert_array_equal(found.scores, wanted.scores)
            remembering.score(query, rows)
        assert asked == {query: 1}
        np.testing.assert_array_equal(remembering.score(query, rows), leg.score(query, rows))
    assert asked[texts[-1]] == 2  # the leg itself goes on asking


def test_a_leg_that_asks_no_model_has_nothing_to_remember(tmp_path: Path) -> None:
    kind = LexicalKind(LexicalSettings())
    kind.write(tmp_path, [Passage(str(n), "words") for n in range(3)])
    assert not isinstance(kind.open([tmp_path], ALL, np.arange(3)), EncodingLeg)
