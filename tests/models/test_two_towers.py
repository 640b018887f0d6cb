"""A picture tower set beside a text tower: one ordinary folder, whose texts stay as they were."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sentence_transformers import SentenceTransformer

import shapes
from acclimate.errors import UsageError
from acclimate.models.base import PictureEncoder
from acclimate.models.dense import DenseEncoder
from acclimate.models.dual import DualEncoder
from acclimate.models.encoders import open_encoder
from acclimate.models.two_towers import NEW, PICTURE, TEXT, dual_encoder, modules_of


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformer:
    folder = shapes.save_text_model(tmp_path_factory.mktemp("text"))
    return SentenceTransformer(str(folder), device="cpu")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shapes.save_picture_model(tmp_path_factory.mktemp("pictures"))


def test_folder_is_loaded_by_sentence_transformers_and_by_us_alike(
    text: SentenceTransformer, pictures: Path, tmp_path: Path
) -> None:
    dual_encoder(text, str(pictures), seed=1).save_pretrained(str(tmp_path / "dual"))
    assert not list((tmp_path / "dual").rglob("*.bin"))
    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.png")

    whole = SentenceTransformer(str(tmp_path / "dual"), device="cpu")
    theirs = whole.encode([Image.open(tmp_path / "red.png")], normalize_embeddings=True)
    encoder = open_encoder(str(tmp_path / "dual"))
    assert isinstance(encoder, PictureEncoder)
    np.testing.assert_allclose(
        encoder.encode_pictures([tmp_path / "red.png"]), theirs, atol=1e-2 if _bf16() else 1e-6
    )
    assert encoder.dimension == theirs.shape[1] == text.get_embedding_dimension()


def test_texts_keep_their_vectors(text: SentenceTransformer, pictures: Path) -> None:
    whole = dual_encoder(text, str(pictures), seed=1)
    caption = ["a red circle on white paper"]
    np.testing.assert_allclose(whole.encode(caption), text.encode(caption), atol=1e-6)


def test_same_seed_draws_the_same_layer(text: SentenceTransformer, pictures: Path) -> None:
    one, same, other = (dual_encoder(text, str(pictures), seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(each, same[name]) for name, each in one.items())
    assert not all(torch.equal(each, other[name]) for name, each in one.items())


def test_new_picture_tower_needs_no_model(text: SentenceTransformer) -> None:
    whole = dual_encoder(text, NEW, seed=1)
    assert whole.encode([Image.new("RGB", (50, 20))]).shape == (1, whole.get_embedding_dimension())
    assert [type(each).__name__ for each in modules_of(whole, PICTURE)] == ["Transformer", "Dense"]
    assert [type(each).__name__ for each in modules_of(whole, TEXT)] == ["Transformer", "Pooling"]


def test_model_that_prepares_no_pictures_is_refused(
    text: SentenceTransformer, tmp_path: Path
) -> None:
    text.save_pretrained(str(tmp_path / "text"))
    with pytest.raises(UsageError, match=r"preprocessor_config\.json"):
        dual_encoder(text, str(tmp_path / "text"), seed=1)


def test_model_that_takes_pictures_is_given_no_second_tower(
    text: SentenceTransformer, pictures: Path
) -> None:
    whole = dual_encoder(text, str(pictures), seed=1)
    with pytest.raises(UsageError, match="takes pictures already"):
        dual_encoder(whole, NEW, seed=1)


def test_convolutions_read_pictures_in_bf16_as_they_do_in_fp32(
    text: SentenceTransformer, tmp_path: Path
) -> None:
    pictures = shapes.save_convolutional_model(tmp_path / "convolutional")
    dual_encoder(text, str(pictures), seed=1).save_pretrained(str(tmp_path / "dual"))
    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
    rounded, exact = (
        DualEncoder.of(DenseEncoder.load(str(tmp_path / "dual"), dtype=dtype)).encode_pictures(
            [tmp_path / "red.png"]
        )
        for dtype in ("bfloat16", "float32")
    )
    np.testing.assert_allclose(rounded, exact, atol=2e-2)


def _bf16() -> bool:
    from acclimate.models.precision import best_placement

    return best_placement().dtype is torch.bfloat16
