"""What of a picture model learns, and what is computed only once because it does not."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sentence_transformers import SentenceTransformer
from torch import Tensor

import pictured
import shapes
from acclimate.errors import UsageError
from acclimate.models.base import Similarity
from acclimate.models.two_towers import dual_encoder
from acclimate.progress import Silent
from acclimate.train.encode import Text
from acclimate.train.sides import KeptSide, keep
from acclimate.train.towers import freeze, towers

CAPTIONS = ["a red circle", "a green bar on white paper", "red"]


@pytest.fixture
def dual(tmp_path: Path) -> SentenceTransformer:
    text = SentenceTransformer(str(shapes.save_text_model(tmp_path / "text")), device="cpu")
    return dual_encoder(text, str(shapes.save_picture_model(tmp_path / "vit")), seed=1).eval()


@pytest.fixture
def clip(tmp_path: Path) -> SentenceTransformer:
    return SentenceTransformer(str(pictured.save_clip(tmp_path / "clip")), device="cpu").eval()


def learning(model: torch.nn.Module) -> Mapping[str, Tensor]:
    return {name: each for name, each in model.named_parameters() if each.requires_grad}


def test_one_tower_of_a_router_is_frozen_whole(dual: SentenceTransformer) -> None:
    freeze(dual, "text")
    assert all(".image." in name for name in learning(dual))
    freeze(dual, "pictures")
    assert all(".text." in name for name in learning(dual))
    of_texts, of_pictures = towers(dual)
    assert (of_texts.learns, of_pictures.learns) == (True, False)
    assert not of_texts.body
    assert not of_pictures.rest


def test_bodies_stay_and_linear_layers_after_them_learn(dual: SentenceTransformer) -> None:
    freeze(dual, "bodies")
    assert [name.split(".")[-2:] for name in learning(dual)] == [["linear", "weight"]]
    _, of_pictures = towers(dual)
    assert (len(of_pictures.body), len(of_pictures.rest)) == (1, 1)


def test_towers_of_one_module_are_told_apart_by_what_vectors_depend_on(
    clip: SentenceTransformer,
) -> None:
    freeze(clip, "text")
    names = set(learning(clip))
    assert any("visual_projection" in name for name in names)
    assert not any("text_" in name or "logit_scale" in name for name in names)
    of_texts, of_pictures = towers(clip)
    assert of_texts.body
    assert not of_pictures.body


def test_nothing_is_frozen_where_nothing_is_named(clip: SentenceTransformer) -> None:
    freeze(clip, "")
    names = set(learning(clip))
    assert any("vision_model" in name for name in names)
    assert any("text_model" in name for name in names)


def test_leaving_nothing_to_learn_is_refused(clip: SentenceTransformer) -> None:
    with pytest.raises(UsageError, match="leaves nothing to learn"):
        freeze(clip, "bodies")


def test_kept_vectors_are_those_of_the_model(dual: SentenceTransformer, tmp_path: Path) -> None:
    files = []
    for colour in ("red", "blue"):
        files.append(tmp_path / f"{colour}.png")
        Image.new("RGB", (30, 40), colour).save(files[-1])
    freeze(dual, "bodies")
    of_texts, of_pictures = towers(dual)
    for tower, texts, contents in (
        (of_texts, [Text(each, None) for each in CAPTIONS], CAPTIONS),
        (of_pictures, [Text(each, None) for each in files], [Image.open(each) for each in files]),
    ):
        kept = keep(tower, texts, tmp_path / str(len(texts)), Silent())
        side = KeptSide(tower, kept, Similarity.COSINE, lambda: None)
        rows = np.arange(len(texts))
        wanted = dual.encode(contents, normalize_embeddings=True)
        np.testing.assert_allclose(side.outputs(rows), wanted, atol=1e-5)


def test_kept_vectors_are_read_again_at_the_next_start(
    dual: SentenceTransformer, tmp_path: Path
) -> None:
    freeze(dual, "bodies")
    of_texts, _ = towers(dual)
    texts = [Text(each, None) for each in CAPTIONS]
    first = keep(of_texts, texts, tmp_path / "kept", Silent())
    written = (tmp_path / "kept" / "00000.npy").stat().st_mtime_ns
    assert torch.equal(keep(of_texts, texts, tmp_path / "kept", Silent()), first)
    assert (tmp_path / "kept" / "00000.npy").stat().st_mtime_ns == written
