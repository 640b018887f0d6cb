"""The engine's models behind batches answer as they do alone, also to many threads at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Router, Transformer

from acclimate.engine.models import Models
from acclimate.models.base import Encoder, Vectors
from acclimate.models.dense import DenseEncoder
from acclimate.serve.models import (
    SLICE,
    STEP,
    BatchedEncoder,
    Batchers,
    InTurns,
    ServingModels,
    _batched,
    _evenly,
)
from acclimate.serve.settings import Batching
from acclimate.types import Passage, Query
from toys import toy_texts

THREADS = 16
#: Of one word up to twenty.
TEXTS = [" ".join((text * 4).split()[: 1 + n % 20]) for n, text in enumerate(toy_texts(40))]


@pytest.fixture(scope="module")
def models() -> ServingModels:
    return ServingModels()


class Counted:
    """A real encoder that remembers how many texts it was given at a time."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.name, self.identity = encoder.name, encoder.identity
        self.similarity, self.dimension = encoder.similarity, encoder.dimension
        self.queries: list[list[str]] = []
        self.passages: list[int] = []

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        self.queries.append(list(texts))
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.passages.append(len(texts))
        return self._encoder.encode_passages(texts)


@pytest.fixture(scope="module")
def encoder(encoder_folder: Path) -> DenseEncoder:
    return DenseEncoder.load(str(encoder_folder), dtype="float32")


def test_an_encoder_stays_what_it_is(models: ServingModels, encoder_folder: Path) -> None:
    batched, plain = models.dense(str(encoder_folder)), Models().dense(str(encoder_folder))
    assert (batched.name, batched.identity) == (plain.name, plain.identity)
    assert (batched.similarity, batched.dimension) == (plain.similarity, plain.dimension)
    assert models.dense(str(encoder_folder)) is batched


def test_many_threads_get_each_its_own_vectors(encoder: DenseEncoder) -> None:
    counted = Counted(encoder)
    batchers = Batchers(Batching(max_wait_ms=200))
    batchers.under_way = lambda: THREADS
    batched = BatchedEncoder(counted, batchers)
    texts = toy_texts()[:THREADS]
    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(lambda text: batched.encode_queries([text])[0], texts * 3))
    alone = np.stack([encoder.encode_queries([text])[0] for text in texts])
    np.testing.assert_allclose(np.stack(found), np.tile(alone, (3, 1)), atol=1e-5)
    assert len(counted.queries) < 3 * THREADS
    assert batchers.close(10)


def test_a_text_that_several_ask_for_is_encoded_once(encoder: DenseEncoder) -> None:
    counted = Counted(encoder)
    batched = BatchedEncoder(counted, Batchers(Batching()))
    vectors = batched.encode_queries(["one text", "another", "one text"])
    assert counted.queries == [["one text", "another"]]
    np.testing.assert_array_equal(vectors[0], vectors[2])


def test_passages_are_encoded_in_slices_beside_queries(encoder: DenseEncoder) -> None:
    counted = Counted(encoder)
    batched = BatchedEncoder(counted, Batchers(Batching()))
    texts = toy_texts() * 2
    with ThreadPoolExecutor(2) as threads:
        passages = threads.submit(batched.encode_passages, texts)
        queries = threads.submit(lambda: [batched.encode_queries([text]) for text in texts[:20]])
        assert len(queries.result(30)) == 20
        whole = passages.result(30)
    np.testing.assert_allclose(whole, encoder.encode_passages(texts), atol=1e-5)
    assert counted.passages == [SLICE] * (len(texts) // SLICE) + [len(texts) % SLICE]


def test_no_text_has_the_models_shape(encoder: DenseEncoder) -> None:
    batched = BatchedEncoder(encoder, Batchers(Batching()))
    assert batched.encode_queries([]).shape == batched.encode_passages([]).shape == (0, 64)


def test_pairs_of_several_threads_get_each_their_own_scores(
    models: ServingModels, cross_folder: Path
) -> None:
    name = f"cross-encoder:{cross_folder}"
    batched, plain = models.reranker(name), Models().reranker(name)
    assert (batched.name, batched.identity) == (plain.name, plain.identity)
    passages = [Passage(str(n), text) for n, text in enumerate(toy_texts()[:10])]
    pairs = [[(Query("q", p.text.split()[0]), p) for p in passages[n:]] for n in range(8)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(batched.score, pairs))
    for scores, asked in zip(found, pairs, strict=True):
        assert scores == pytest.approx(plain.score(asked), abs=1e-4)
    assert batched.score([]) == []


def test_a_model_that_is_not_there_is_told_at_once(models: ServingModels, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="holds no model"):
        models.dense(str(tmp_path))


def test_long_work_is_read_in_slices() -> None:
    class Lengths:
        name, identity = "lengths", "lengths"

        def __init__(self) -> None:
            self.sizes: list[int] = []

        def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
            self.sizes.append(len(pairs))
            return [float(len(passage.text)) for _, passage in pairs]

    scorer = Lengths()
    pairs = [(Query("q", "x"), Passage(str(n), "x" * n)) for n in range(2 * SLICE + 5)]
    assert InTurns(scorer).score(pairs) == [float(n) for n in range(2 * SLICE + 5)]
    assert scorer.sizes == [SLICE, SLICE, 5]


def shapes_of(model: SentenceTransformer) -> set[int]:
    """The lengths of what its transformers are given from now on."""
    lengths = set[int]()
    for module in model.modules():
        if isinstance(module, Transformer):
            module.register_forward_pre_hook(
                lambda _, given: lengths.add(given[0]["input_ids"].shape[1])
            )
    return lengths


def routed(encoder: Path, folder: Path) -> Path:
    """A model with a way for queries and one for passages, as `train.query_only` delivers."""
    ways: Any = [list(SentenceTransformer(str(encoder), device="cpu")) for _ in range(2)]
    router = Router.for_query_document(query_modules=ways[0], document_modules=ways[1])
    SentenceTransformer(modules=[router], device="cpu").save_pretrained(str(folder))
    return folder


@pytest.mark.parametrize("several_ways", [False, True])
def test_texts_are_filled_up_so_that_a_models_inputs_have_few_shapes(
    encoder_folder: Path, several_ways: bool, tmp_path: Path
) -> None:
    name = str(routed(encoder_folder, tmp_path / "routed") if several_ways else encoder_folder)
    loaded = DenseEncoder.load(name)
    plain = [loaded.encode_queries([text]) for text in TEXTS]
    lengths = shapes_of(loaded.model)
    served = _batched(_evenly(loaded), Batchers(Batching()))
    for text, vectors in zip(TEXTS, plain, strict=True):
        # In bf16 where the processor has it.
        np.testing.assert_allclose(served.encode_queries([text]), vectors, atol=0.02)
        served.encode_passages([text])
    assert len(lengths) > 1
    assert all(length % STEP == 0 for length in lengths)


def test_no_text_is_filled_up_beyond_what_a_model_can_read(encoder_folder: Path) -> None:
    loaded = DenseEncoder.load(str(encoder_folder))
    loaded.model.max_seq_length = 3 * STEP - 3  # as CLIP's 77
    lengths = shapes_of(loaded.model)
    _evenly(loaded).encode_queries([" ".join(TEXTS)])
    assert lengths == {3 * STEP - 3}
