"""An index folder of pictures: searched by words and by pictures, and standing alone."""

from __future__ import annotations

import sqlite3
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from acclimate.corpus import open_corpus
from acclimate.engine.engine import Engine
from acclimate.engine.records import SearchOptions
from acclimate.engine.settings import IndexSettings
from acclimate.errors import PictureError, UsageError
from acclimate.types import Passage
from pictured import draw, save_clip, save_pictures
from toys import Toys


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_clip(tmp_path_factory.mktemp("clip")))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    save_pictures(tmp_path / "photos")
    rows = '{"file_name": "red-circle.png", "text": "A round red thing.", "year": 2020}\n'
    (tmp_path / "photos" / "metadata.jsonl").write_text(rows)
    return tmp_path / "photos"


def build(photos: Path, clip: str) -> Engine:
    settings = IndexSettings(models=(clip,))
    return Engine.create(photos.parent / "index", settings, open_corpus(photos).passages())


def test_a_picture_finds_itself_first(photos: Path, clip: str) -> None:
    engine = build(photos, clip)
    for path in sorted(photos.glob("*.png")):
        answer = engine.search_picture(path, SearchOptions(k=3))
        assert answer.results[0].passage.id == path.name
        assert answer.results[0].score == pytest.approx(1, abs=0.02)
        assert (answer.mode, answer.query) == ("dense", str(path))
        assert [stage.stage for stage in answer.results[0].stages] == ["dense"]


def test_words_find_pictures_and_captions(photos: Path, clip: str) -> None:
    engine = build(photos, clip)
    assert len(engine.search("a red circle", SearchOptions(mode="dense")).results) == 9
    best = engine.search("something round", SearchOptions(mode="lexical")).results[0]
    assert (best.passage.id, best.snippet.text) == ("red-circle.png", "A round red thing.")
    assert len(engine.search("a round thing").results) == 9


def test_conditions_hold_for_pictures(photos: Path, clip: str) -> None:
    engine = build(photos, clip)
    options = SearchOptions(where="year >= 2020")
    found = engine.search_picture(photos / "blue-cross.png", options).results
    assert [each.passage.id for each in found] == ["red-circle.png"]


def test_an_explanation_says_that_pixels_are_not_taken_apart(photos: Path, clip: str) -> None:
    engine = build(photos, clip)
    options = SearchOptions(explain=True, k=2)
    for answer in (
        engine.search("round red", options),
        engine.search_picture(photos / "red-circle.png", options),
    ):
        for each in answer.results:
            assert each.explanation is not None
            assert each.explanation.words == ()
            assert "picture" in each.explanation.note
    lexical = engine.search("round", SearchOptions(explain=True, mode="lexical")).results[0]
    assert lexical.explanation is not None
    assert [each.term for each in lexical.explanation.terms] == ["round"]
    assert lexical.explanation.note == ""


def test_the_index_stands_alone_when_the_photographs_are_gone(photos: Path, clip: str) -> None:
    upload = (photos / "red-circle.png").read_bytes()
    build(photos, clip).close()
    for path in photos.iterdir():
        path.unlink()
    engine = Engine.open(photos.parent / "index")
    assert engine.search_picture(upload).results[0].passage.id == "red-circle.png"
    small = engine.thumbnail("red-circle.png")
    assert small is not None
    with Image.open(BytesIO(small)) as image:
        assert (image.format, image.size) == ("JPEG", (48, 48))
    assert engine.thumbnail("gone.png") is None


def test_an_update_encodes_a_picture_anew_only_where_its_bytes_changed(
    photos: Path, clip: str
) -> None:
    engine = build(photos, clip)
    before = engine.search_picture(photos / "red-circle.png").results
    unchanged = engine.update(open_corpus(photos).passages())
    assert (unchanged.unchanged, unchanged.replaced) == (9, 0)
    draw("black", "square").save(photos / "red-circle.png")
    (photos / "green-cross.png").unlink()
    changes = engine.update(open_corpus(photos).passages())
    assert (changes.replaced, changes.deleted, changes.unchanged) == (1, 1, 7)
    after = engine.search_picture(photos / "red-circle.png").results
    assert after[0].passage.id == "red-circle.png"
    assert len(after) == len(before) - 1


def test_texts_and_pictures_share_an_index(photos: Path, clip: str, fp32: None) -> None:
    picture = Passage("p", "", "", "p", image=str(photos / "red-circle.png"))
    text = Passage("t", "A red circle.", "", "t")
    settings = IndexSettings(models=(clip,))
    together = Engine.create(photos.parent / "both", settings, [text, picture, text_of("u")])
    alone = Engine.create(photos.parent / "one", settings, [picture])
    scores = [
        next(
            hit.score
            for hit in engine.search("a dog", SearchOptions(mode="dense")).results
            if hit.passage.id == "p"
        )
        for engine in (together, alone)
    ]
    assert scores[0] == pytest.approx(scores[1], abs=1e-6)
    assert together.thumbnail("t") is None
    assert together.passage("p") == picture


def text_of(passage_id: str) -> Passage:
    return Passage(passage_id, "Two squares on white snow.", "", passage_id)


def test_a_model_of_texts_is_refused_before_anything_is_written(photos: Path, toy: Toys) -> None:
    model = str(toy.encoder)
    with pytest.raises(UsageError, match=r"is a picture, and .* reads texts only"):
        build(photos, model)
    assert not (photos.parent / "index").exists()


def test_what_reads_words_is_refused_for_a_picture(photos: Path, clip: str) -> None:
    engine, query = build(photos, clip), photos / "red-circle.png"
    for options in (
        SearchOptions(mode="lexical"),
        SearchOptions(mode="hybrid"),
        SearchOptions(rerank="cross-encoder:x"),
    ):
        with pytest.raises(UsageError, match="reads words, and a picture has none"):
            engine.search_picture(query, options)
    with pytest.raises(UsageError, match="k is 0"):
        engine.search_picture(query, SearchOptions(k=0))
    with pytest.raises(PictureError, match="none of the pictures"):
        engine.search_picture(b"not a picture")


def test_captions_alone_need_no_model_of_pictures(photos: Path) -> None:
    settings = IndexSettings(models=())
    engine = Engine.create(photos.parent / "words", settings, open_corpus(photos).passages())
    assert engine.search("round").results[0].passage.id == "red-circle.png"
    assert engine.thumbnail("blue-cross.png")
    with pytest.raises(UsageError, match="no dense model"):
        engine.search_picture(photos / "red-circle.png")


def test_an_index_from_before_there_were_pictures_is_read_and_changed(
    tmp_path: Path,
) -> None:
    settings = IndexSettings(models=())
    Engine.create(tmp_path / "index", settings, [text_of("1")]).close()
    with sqlite3.connect(tmp_path / "index" / "texts.sqlite") as database:
        database.execute("DROP TABLE pictures")
    database.close()
    engine = Engine.open(tmp_path / "index")
    assert engine.passage("1") == text_of("1")
    assert engine.thumbnail("1") is None
    draw("red", "circle").save(tmp_path / "a.png")
    engine.add([Passage("2", "round", "", "2", image=str(tmp_path / "a.png"))])
    assert engine.thumbnail("2")
