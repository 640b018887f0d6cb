"""Pictures as a user types: index, search, evaluate."""

from __future__ import annotations

from pathlib import Path

import pytest

from acclimate.formats.beir import write_beir
from acclimate.types import Judgment, Passage, Query
from commands import acclimate
from pictured import save_clip, save_pictures


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    paths = save_pictures(folder / "images")
    passages = [Passage(name, "", "", name, image=str(path)) for name, path in paths.items()]
    queries = [Query(name, f"a {name}") for name in paths]
    write_beir(folder, passages, queries, {"test": [Judgment(name, name, 1) for name in paths]})
    return folder


def test_photographs_are_indexed_and_searched_by_words_and_by_a_picture(
    tmp_path: Path, clip: Path
) -> None:
    photos, index = tmp_path / "photos", tmp_path / "index"
    red = save_pictures(photos)["red circle"]
    (photos / "broken.jpg").write_bytes(b"broken")
    ran = acclimate("index", photos, "--model", clip, "--out", index, "--json")
    assert (ran.code, ran.json["added"]) == (0, 9)
    assert "1 pictures left out that cannot be read" in ran.err
    words = acclimate("search", index, "Zwei Hunde im Schnee", "--mode", "dense", "--json").json
    assert len(words["hits"]) == 9
    found = acclimate("search", index, "--image", red, "-k", 1, "--explain").out
    assert "red circle" in found
    assert "which the model reads whole" in found
    hit = acclimate("search", index, "--image", red, "--json").json["hits"][0]
    assert (hit["id"], hit["image"]) == ("red-circle.png", str(red))


def test_a_model_alone_searches_and_is_measured(judged: Path, clip: Path) -> None:
    red = judged / "images" / "red-circle.png"
    found = acclimate("search", clip, judged, "--image", red, "-k", 2, "--json").json["hits"]
    assert found[0]["id"] == "red circle"
    assert len(acclimate("search", clip, judged, "a red circle", "--json").json["hits"]) == 9
    assert acclimate("evaluate", clip, judged, "--json").json["queries"] == 9
    both = acclimate("evaluate", clip, judged, "--task", "captions", "--json").json["captions"]
    assert (both["captions"], both["pictures"]) == (9, 9)
    assert both["picture_to_text"]["10"]["value"] == 1.0
    shown = acclimate("evaluate", clip, judged, "--task", "captions").out
    assert "9 captions of 9 pictures" in shown
    assert "by chance" in shown


def test_what_makes_no_sense_is_refused(judged: Path, clip: Path, tmp_path: Path) -> None:
    red = judged / "images" / "red-circle.png"
    assert acclimate("search", clip, judged, "words", "--image", red).code == 2
    assert acclimate("search", clip, judged).code == 2
    assert "give a QUERY" in acclimate("search", clip).err
    assert "no file is there" in acclimate("search", clip, judged, "--image", "gone.jpg").err
    ran = acclimate("adapt", judged, "--out", tmp_path / "run", "--set", "train.max_steps=1")
    assert ran.code == 2
    assert "is a picture, and this works on texts" in ran.err
