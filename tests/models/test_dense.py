from pathlib import Path

import numpy as np
import pytest

import toys
from acclimate.errors import UsageError
from acclimate.models.base import Similarity
from acclimate.models.dense import DenseEncoder
from toys import Toys

TEXTS = toys.toy_texts()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder whose vectors have lengths, and which declares the dot product."""
    return toys.tiny_encoder(tmp_path_factory.mktemp("plain"), TEXTS, normalize=False)


def test_cosine_normalises_and_dot_leaves_as_is() -> None:
    vectors = np.array([[3, 4], [0, 0]], dtype=np.float32)
    assert Similarity.COSINE.prepare(vectors).tolist() == pytest.approx(
        np.array([[0.6, 0.8], [0, 0]])
    )
    assert Similarity.DOT.prepare(vectors) is vectors


def test_model_declares_how_its_vectors_are_compared(toy: Toys, plain: Path) -> None:
    assert DenseEncoder.load(str(toy.encoder)).similarity is Similarity.COSINE
    assert DenseEncoder.load(str(plain)).similarity is Similarity.DOT


@pytest.mark.usefixtures("fp32")
def test_user_decides_how_vectors_are_compared(plain: Path) -> None:
    dot = DenseEncoder.load(str(plain), similarity="dot").encode_queries(TEXTS[:3])
    cosine = DenseEncoder.load(str(plain), similarity="cosine").encode_queries(TEXTS[:3])
    lengths = np.linalg.norm(dot, axis=1, keepdims=True)
    assert np.all(np.abs(lengths - 1) > 0.01)
    np.testing.assert_allclose(cosine, dot / lengths, rtol=1e-5, atol=1e-6)


def test_similarity_that_was_chosen_is_saved_with_the_model(toy: Toys, tmp_path: Path) -> None:
    DenseEncoder.load(str(toy.encoder), similarity="dot").model.save_pretrained(str(tmp_path))
    assert DenseEncoder.load(str(tmp_path)).similarity is Similarity.DOT


def test_similarity_that_no_index_can_search_is_refused(toy: Toys) -> None:
    with pytest.raises(UsageError, match=r"'euclidean' .* set student\.similarity"):
        DenseEncoder.load(str(toy.encoder), similarity="euclidean")


def test_nothing_encodes_to_no_vectors(toy: Toys) -> None:
    encoder = DenseEncoder.load(str(toy.encoder))
    assert encoder.encode_queries([]).shape == (0, toys.WIDTH)
    assert encoder.encode_passages([]).shape == (0, encoder.dimension)


@pytest.mark.usefixtures("fp32")
def test_vectors_stand_in_the_order_of_their_texts(toy: Toys) -> None:
    encoder = DenseEncoder.load(str(toy.encoder))
    texts = [*TEXTS[:20], "short", TEXTS[0], ""]
    alone = np.concatenate([encoder.encode_passages([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode_passages(texts), alone, atol=1e-5)


@pytest.mark.usefixtures("fp32")
def test_queries_and_passages_carry_the_prompts_of_the_model(toy: Toys, tmp_path: Path) -> None:
    without = DenseEncoder.load(str(toy.encoder))
    without.model.prompts = {"query": "find: ", "document": "read: "}
    without.model.save_pretrained(str(tmp_path))
    without.model.prompts = {}
    prompted = DenseEncoder.load(str(tmp_path))
    for given, expected in (
        (prompted.encode_queries(["bamode"]), without.encode_passages(["find: bamode"])),
        (prompted.encode_passages(["bamode"]), without.encode_passages(["read: bamode"])),
    ):
        np.testing.assert_allclose(given, expected, atol=1e-6)


def test_identity_follows_the_way_of_encoding(toy: Toys) -> None:
    identities = {
        DenseEncoder.load(str(toy.encoder)).identity,
        DenseEncoder.load(str(toy.encoder), max_seq_length=16).identity,
        DenseEncoder.load(str(toy.encoder), similarity="dot").identity,
        DenseEncoder.load(str(toy.encoder), dtype="float32").identity,
        DenseEncoder.load(str(toy.encoder), dtype="bfloat16").identity,
    }
    assert len(identities) == 4  # "auto" is one of the two types


@pytest.mark.usefixtures("fp32")
def test_passage_is_cut_to_the_wanted_length(toy: Toys) -> None:
    encoder = DenseEncoder.load(str(toy.encoder), max_seq_length=8)
    words = TEXTS[0].replace(".", "").split()
    vectors = encoder.encode_passages([" ".join(words[:6]), " ".join(words)])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
