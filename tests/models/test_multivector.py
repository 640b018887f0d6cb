"""Token vectors: those of the library, in order, ready for plain MaxSim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import MultiVectorEncoder

import toys
from acclimate.errors import ModelNotFound
from acclimate.models.multivector import MultiVectorTextEncoder
from multi_vector import DIMENSION, tiny_multi_vector

TEXTS = toys.toy_texts(12)
QUESTIONS = [" ".join(text.split()[:3]) for text in TEXTS[:4]]

pytestmark = pytest.mark.usefixtures("fp32")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_multi_vector(tmp_path_factory.mktemp("late"), TEXTS)


def test_every_token_has_a_vector(folder: Path) -> None:
    encoder = MultiVectorTextEncoder.load(str(folder))
    assert encoder.dimension == DIMENSION
    assert [each.shape for each in encoder.encode_queries(QUESTIONS)] == [(8, DIMENSION)] * 4
    for text, vectors in zip(TEXTS, encoder.encode_passages(TEXTS), strict=True):
        words = len(text.replace(".", "").split())
        assert vectors.shape == (words + 2, DIMENSION)  # with [CLS] and [SEP]
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_vectors_stand_in_the_order_of_their_texts(folder: Path) -> None:
    encoder = MultiVectorTextEncoder.load(str(folder))
    texts = [*TEXTS, "short", TEXTS[0]]
    for text, together in zip(texts, encoder.encode_passages(texts), strict=True):
        np.testing.assert_allclose(encoder.encode_passages([text])[0], together, atol=1e-5)
    assert encoder.encode_queries([]) == encoder.encode_passages([]) == []


@pytest.mark.parametrize("similarity", ["maxsim", "meanmaxsim"])
def test_plain_max_sim_gives_the_scores_of_the_library(similarity: str, tmp_path: Path) -> None:
    folder = tiny_multi_vector(tmp_path, TEXTS, similarity=similarity)
    encoder = MultiVectorTextEncoder.load(str(folder))
    library = MultiVectorEncoder(str(folder), device="cpu", local_files_only=True)
    expected = library.similarity(library.encode_query(QUESTIONS), library.encode_document(TEXTS))
    passages = encoder.encode_passages(TEXTS)
    scores = [
        [(query @ passage.T).max(axis=1).sum() for passage in passages]
        for query in encoder.encode_queries(QUESTIONS)
    ]
    np.testing.assert_allclose(scores, expected.numpy(), atol=1e-5)


def test_identity_follows_the_weights_and_the_way_of_encoding(folder: Path, tmp_path: Path) -> None:
    other = tiny_multi_vector(tmp_path / "other", TEXTS, seed=6)
    mean = tiny_multi_vector(tmp_path / "mean", TEXTS, similarity="meanmaxsim")
    identities = [
        MultiVectorTextEncoder.load(str(folder)).identity,
        MultiVectorTextEncoder.load(str(other)).identity,
        MultiVectorTextEncoder.load(str(mean)).identity,
        MultiVectorTextEncoder.load(str(folder), dtype="bfloat16").identity,
    ]
    assert len(set(identities)) == 4
    assert identities[0] == MultiVectorTextEncoder.load(str(folder)).identity


def test_pickled_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".safetensors":
            target = tmp_path / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(ModelNotFound, match="opens no pickles"):
        MultiVectorTextEncoder.load(str(tmp_path))
