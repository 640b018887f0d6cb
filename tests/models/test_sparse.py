"""Learned sparse encoders, by way of a small SPLADE."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SparseEncoder
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from sentence_transformers.sparse_encoder.modules import SparseAutoEncoder
from torch import nn

import toys
from acclimate.errors import ModelNotFound, UsageError
from acclimate.models.base import Similarity
from acclimate.models.sparse import SparseTextEncoder
from sparse_toys import tiny_splade

TEXTS = toys.toy_texts()

pytestmark = pytest.mark.usefixtures("fp32")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_splade(tmp_path_factory.mktemp("splade"), TEXTS)


def declaring(folder: Path, similarity: str, target: Path) -> str:
    """A copy of the model that declares another similarity."""
    shutil.copytree(folder, target)
    path = target / "config_sentence_transformers.json"
    config = json.loads(path.read_text("utf-8")) | {"similarity_fn_name": similarity}
    path.write_text(json.dumps(config), "utf-8")
    return str(target)


def test_vectors_are_those_of_the_library(folder: Path) -> None:
    encoder = SparseTextEncoder.load(str(folder))
    texts = [*TEXTS[:12], "", "bamode"]
    expected = encoder.model.encode_document(
        texts, convert_to_sparse_tensor=False, show_progress_bar=False
    )
    found = encoder.encode_passages(texts)
    assert len(found) == len(texts)
    for vector, row in zip(found, expected.numpy(), strict=True):
        assert vector.tokens.dtype == np.int32
        assert vector.weights.dtype == np.float32
        assert vector.tokens.tolist() == np.flatnonzero(row).tolist()
        np.testing.assert_allclose(vector.weights, row[vector.tokens], rtol=1e-5)
        assert (vector.weights > 0).all()


def test_queries_and_passages_carry_the_prompts_of_the_model(folder: Path, tmp_path: Path) -> None:
    plain = SparseTextEncoder.load(str(folder))
    plain.model.prompts = {"query": "find: ", "document": "read: "}
    plain.model.save_pretrained(str(tmp_path))
    plain.model.prompts = {}
    prompted = SparseTextEncoder.load(str(tmp_path))
    word = toys.toy_passages()[0].own[0]
    for found, expected in (
        (prompted.encode_queries([word])[0], plain.encode_passages([f"find: {word}"])[0]),
        (prompted.encode_passages([word])[0], plain.encode_passages([f"read: {word}"])[0]),
    ):
        assert found.tokens.tolist() == expected.tokens.tolist()
        np.testing.assert_allclose(found.weights, expected.weights, rtol=1e-5)


def test_tokens_can_be_read(folder: Path) -> None:
    encoder = SparseTextEncoder.load(str(folder))
    word = toys.toy_passages()[0].own[0]
    vector = encoder.encode_queries([word])[0]
    assert word in [encoder.token(number) for number in vector.tokens.tolist()]
    assert encoder.encode_queries([]) == []


def test_model_that_compares_by_cosine_gives_vectors_of_length_1(
    folder: Path, tmp_path: Path
) -> None:
    encoder = SparseTextEncoder.load(declaring(folder, "cosine", tmp_path / "cosine"))
    assert encoder.similarity is Similarity.COSINE
    for vector in encoder.encode_passages(TEXTS[:3]):
        assert np.linalg.norm(vector.weights) == pytest.approx(1, rel=1e-5)


def test_similarity_that_no_inverted_index_can_search_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="compares by euclidean"):
        SparseTextEncoder.load(declaring(folder, "euclidean", tmp_path / "other"))


def test_identity_follows_the_way_of_encoding(folder: Path) -> None:
    names = [SparseTextEncoder.load(str(folder), dtype=t).identity for t in ("float32", "bfloat16")]
    assert names[0] != names[1]
    assert SparseTextEncoder.load(str(folder)).identity in names


def test_folder_without_safetensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(ModelNotFound, match="no safetensors weights"):
        SparseTextEncoder.load(str(tmp_path))


def test_masked_language_model_is_taken_as_a_splade(folder: Path) -> None:
    body = folder.parent / "splade-body"
    assert not (body / "modules.json").exists()
    [vector] = SparseTextEncoder.load(str(body)).encode_passages(TEXTS[:1])
    assert vector.tokens.max() < SparseTextEncoder.load(str(folder)).model.tokenizer.vocab_size


@pytest.mark.parametrize("name", ["encoder", "body"])
def test_model_without_sparse_vectors_is_refused(name: str, tmp_path: Path) -> None:
    toys.tiny_encoder(tmp_path, TEXTS)
    with pytest.raises(UsageError, match=r"neither a sparse encoder .*BertModel\); name a SPLADE"):
        SparseTextEncoder.load(str(tmp_path / name))


def test_auto_encoder_that_was_saved_is_loaded(tmp_path: Path) -> None:
    toys.tiny_encoder(tmp_path, TEXTS)
    parts: list[nn.Module] = [
        Transformer(str(tmp_path / "body"), max_seq_length=64),
        Pooling(toys.WIDTH, pooling_mode="mean"),
        SparseAutoEncoder(toys.WIDTH, hidden_dim=2 * toys.WIDTH, k=8, k_aux=16),
    ]
    SparseEncoder(modules=parts, device="cpu").save_pretrained(str(tmp_path / "auto"))
    [vector] = SparseTextEncoder.load(str(tmp_path / "auto")).encode_passages(TEXTS[:1])
    assert len(vector.tokens) == 8
