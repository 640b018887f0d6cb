"""Distilling a picture model: other languages find pictures that the teacher's language finds."""

from dataclasses import replace
from pathlib import Path

import invented
import numpy as np
import pytest
from distilling import SETTINGS, distilled
from PIL import Image
from sentence_transformers import SentenceTransformer

import pictured
import shapes
from acclimate.errors import UsageError
from acclimate.models.base import PictureEncoder
from acclimate.models.encoders import open_encoder
from acclimate.models.two_towers import dual_encoder
from acclimate.multilingual.pair_result import Multilingual


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The teacher of the other tests, with a picture tower beside it."""
    folder = tmp_path_factory.mktemp("teacher")
    text = SentenceTransformer(str(invented.teacher(folder / "text")), device="cpu")
    pictures = shapes.save_picture_model(folder / "vit")
    dual_encoder(text, str(pictures), seed=1).save_pretrained(str(folder / "dual"))
    return folder / "dual"


@pytest.fixture(scope="module")
def done(teacher: Path, tmp_path_factory: pytest.TempPathFactory) -> Multilingual:
    return distilled(teacher, tmp_path_factory.mktemp("distilled"))


def test_student_has_the_teachers_pictures_as_they_were(
    done: Multilingual, teacher: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
    vectors = []
    for name in (teacher, done.model):
        encoder = open_encoder(str(name))
        assert isinstance(encoder, PictureEncoder)
        vectors.append(encoder.encode_pictures([tmp_path / "red.png"]))
    np.testing.assert_array_equal(vectors[0], vectors[1])


def test_other_languages_are_where_the_teacher_has_the_text(
    done: Multilingual, teacher: Path
) -> None:
    for each in done.languages:
        assert each.after.forward > 0.9
    texts = invented.sentences(3)
    wanted = open_encoder(str(teacher)).encode_queries(texts)
    found = open_encoder(str(done.model)).encode_queries([invented.backwards(t) for t in texts])
    assert float((wanted * found).sum(axis=1).mean()) > 0.8


def test_card_names_the_picture_model_as_teacher(done: Multilingual, teacher: Path) -> None:
    assert done.teacher is not None
    assert done.teacher.name == str(teacher)
    assert "Teacher: dual" in (done.model / "README.md").read_text(encoding="utf-8")


def test_towers_in_one_module_teach_a_student_with_a_body_of_its_own(tmp_path: Path) -> None:
    clip = pictured.save_clip(tmp_path / "clip")
    body = invented.teacher(tmp_path / "body")
    few = replace(SETTINGS, train=replace(SETTINGS.train, max_steps=2, save_steps=2))
    with pytest.raises(UsageError, match="no body for a new vocabulary"):
        distilled(clip, tmp_path / "refused", few)
    found = distilled(clip, tmp_path / "found", few, student=f"new:{body}")
    one, other = open_encoder(str(found.model)), open_encoder(str(clip))
    assert isinstance(one, PictureEncoder)
    assert isinstance(other, PictureEncoder)
    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
    pictures = [tmp_path / "red.png"]
    np.testing.assert_allclose(
        one.encode_pictures(pictures), other.encode_pictures(pictures), atol=1e-6
    )
    assert one.encode_queries(["a text"]).shape == (1, other.dimension)
