"""Models of texts and pictures, in the layouts in which they lie around."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import CLIPModel, CLIPProcessor

from acclimate.errors import PictureError
from acclimate.models.base import PictureEncoder, Vectors
from acclimate.models.encoders import open_encoder
from pictured import as_sentence_transformer, draw, save_clip, save_pictures, save_siglip

TEXTS = ["a red circle", "two blue and green squares on the white snow", "a dog"]


@pytest.fixture(scope="module")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A CLIP and a SigLIP, each as the hub has them and as sentence-transformers saves them."""
    root = tmp_path_factory.mktemp("models")
    clip, siglip = save_clip(root / "clip"), save_siglip(root / "siglip")
    return {
        "clip": clip,
        "siglip": siglip,
        "clip-st": as_sentence_transformer(clip, root / "clip-st"),
        "siglip-st": as_sentence_transformer(siglip, root / "siglip-st"),
        "clip-old": old_layout(clip, root / "clip-old"),
    }


def old_layout(hub: Path, folder: Path) -> Path:
    """As sentence-transformers/clip-ViT-B-32 lies on the hub: the model in a folder of its own."""
    shutil.copytree(hub, folder / "0_CLIPModel")
    module = {"idx": 0, "name": "0", "path": "0_CLIPModel"}
    modules = [{**module, "type": "sentence_transformers.models.CLIPModel"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    return folder


def opened(folder: Path) -> PictureEncoder:
    encoder = open_encoder(str(folder))
    assert isinstance(encoder, PictureEncoder)
    return encoder


@pytest.mark.parametrize("layout", ["clip", "siglip", "clip-st", "siglip-st", "clip-old"])
def test_texts_and_pictures_meet_in_one_space(
    layouts: dict[str, Path], layout: str, tmp_path: Path, fp32: None
) -> None:
    encoder = opened(layouts[layout])
    paths = list(save_pictures(tmp_path).values())
    pictures, texts = encoder.encode_pictures(paths), encoder.encode_queries(TEXTS)
    assert pictures.shape == (9, encoder.dimension)
    assert texts.shape == (3, encoder.dimension)
    for vectors in (pictures, texts):
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("layout", ["clip", "siglip"])
def test_a_vector_does_not_depend_on_its_neighbours(
    layouts: dict[str, Path], layout: str, tmp_path: Path, fp32: None
) -> None:
    encoder = opened(layouts[layout])
    paths = list(save_pictures(tmp_path).values())
    assert_same(encoder.encode_queries(TEXTS), [encoder.encode_queries([t]) for t in TEXTS])
    assert_same(encoder.encode_passages(TEXTS), [encoder.encode_passages([t]) for t in TEXTS])
    assert_same(encoder.encode_pictures(paths), [encoder.encode_pictures([p]) for p in paths])


def assert_same(together: Vectors, alone: list[Vectors]) -> None:
    assert np.allclose(together, np.concatenate(alone), atol=1e-5)


def test_the_layouts_give_the_same_vectors(layouts: dict[str, Path], fp32: None) -> None:
    for one, other in (("clip", "clip-st"), ("clip", "clip-old"), ("siglip", "siglip-st")):
        a, b = opened(layouts[one]), opened(layouts[other])
        assert np.allclose(a.encode_queries(TEXTS), b.encode_queries(TEXTS), atol=1e-5)


def test_it_is_what_transformers_computes(
    layouts: dict[str, Path], tmp_path: Path, fp32: None
) -> None:
    picture = draw("red", "circle")
    picture.save(tmp_path / "a.png")
    model = CLIPModel.from_pretrained(layouts["clip"])
    processor = CLIPProcessor.from_pretrained(layouts["clip"])
    inputs = processor(text=TEXTS[:1], images=[picture], return_tensors="pt", padding=True)
    with torch.inference_mode():
        expected = model(**inputs)
    encoder = opened(layouts["clip"])
    found = encoder.encode_pictures([tmp_path / "a.png"])
    assert np.allclose(found, expected.image_embeds.numpy(), atol=1e-5)
    assert np.allclose(encoder.encode_queries(TEXTS[:1]), expected.text_embeds.numpy(), atol=1e-5)


def test_a_path_and_its_bytes_are_one_picture(layouts: dict[str, Path], tmp_path: Path) -> None:
    encoder = opened(layouts["clip"])
    path = save_pictures(tmp_path)["red circle"]
    vectors = encoder.encode_pictures([path, str(path), path.read_bytes()])
    assert np.allclose(vectors, vectors[0], atol=1e-2)


def test_a_text_that_looks_like_a_picture_stays_a_text(
    layouts: dict[str, Path], tmp_path: Path, fp32: None
) -> None:
    encoder = opened(layouts["clip"])
    path = str(save_pictures(tmp_path)["red circle"])
    texts = [path, "http://localhost:1/a.jpg", "data:image/png;base64,AAAA"]
    for vectors in (encoder.encode_queries(texts), encoder.encode_passages(texts)):
        assert vectors.shape == (3, encoder.dimension)
        assert not np.allclose(vectors[0], encoder.encode_pictures([path])[0], atol=1e-3)


def test_a_broken_picture_is_named(layouts: dict[str, Path], tmp_path: Path) -> None:
    paths = list(save_pictures(tmp_path).values())
    paths[3].write_bytes(paths[3].read_bytes()[:60])
    with pytest.raises(PictureError, match=paths[3].name):
        opened(layouts["clip"]).encode_pictures(paths)


def test_nothing_to_encode_is_no_error(layouts: dict[str, Path]) -> None:
    encoder = opened(layouts["clip"])
    assert encoder.encode_pictures([]).shape == (0, encoder.dimension)
    assert encoder.encode_queries([]).shape == (0, encoder.dimension)


def test_another_way_of_reading_pictures_is_another_identity(
    layouts: dict[str, Path], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(layouts["clip"], other)
    config = json.loads((other / "processor_config.json").read_text())
    config["image_processor"]["do_normalize"] = False
    (other / "processor_config.json").write_text(json.dumps(config))
    assert opened(other).identity != opened(layouts["clip"]).identity
