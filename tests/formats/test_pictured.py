"""Collections of pictures: rows that name them, and folders that hold them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acclimate.corpus import CorpusSettings, open_corpus
from acclimate.errors import InputError
from acclimate.formats.beir import write_beir
from acclimate.formats.readreport import Reason
from acclimate.types import Passage
from pictured import draw, save_pictures


def lines(path: Path, *rows: object) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with red-circle.png and eight more."""
    save_pictures(tmp_path / "photos")
    return tmp_path / "photos"


def test_a_row_may_hold_a_picture_and_no_text(tmp_path: Path) -> None:
    path = save_pictures(tmp_path / "images")["red circle"]
    row = {"_id": "1", "image": "images/red-circle.png", "split": "test"}
    for rows in (row, {**row, "text": "", "title": ""}):
        lines(tmp_path / "corpus.jsonl", rows)
        passage = Passage("1", "", "", "1", "", {"split": "test"}, str(path))
        assert list(open_corpus(tmp_path).passages()) == [passage]


def test_a_caption_stays_with_its_picture(tmp_path: Path) -> None:
    path = save_pictures(tmp_path)["red circle"]
    (tmp_path / "t.csv").write_text("id,text,image\n1,A red circle.,red-circle.png\n2,No more.,\n")
    first, second = open_corpus(tmp_path / "t.csv").passages()
    assert (first.content, first.image) == ("A red circle.", str(path))
    assert (second.content, second.image) == ("No more.", "")


def test_parquet_may_lack_the_text_column(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = save_pictures(tmp_path)["red circle"]
    parquet.write_table(
        arrow.table({"id": ["1"], "image": ["red-circle.png"]}), tmp_path / "t.parquet"
    )
    assert [each.image for each in open_corpus(tmp_path / "t.parquet").passages()] == [str(path)]


def test_pictures_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    save_pictures(tmp_path)
    (tmp_path / "broken.png").write_bytes((tmp_path / "red-circle.png").read_bytes()[:80])
    lines(
        tmp_path / "corpus.jsonl",
        {"_id": "1", "image": "red-circle.png"},
        {"_id": "2", "image": "broken.png"},
        {"_id": "3", "text": "gone", "image": "gone.png"},
    )
    corpus = open_corpus(tmp_path)
    assert [each.id for each in corpus.passages()] == ["1"]
    (skip,) = corpus.report.skips
    assert (skip.reason, skip.count) == (Reason.UNREADABLE_PICTURE, 2)
    assert "corpus.jsonl:2:" in skip.first
    assert "broken" in skip.first


@pytest.mark.parametrize(
    "image",
    ["../secret.png", "/etc/secret.png", "a/../../secret.png", "..\\secret.png", "C:\\a.png"],
)
def test_a_row_cannot_reach_out_of_its_folder(tmp_path: Path, image: str) -> None:
    draw("red", "circle").save(tmp_path / "secret.png")
    folder = tmp_path / "corpus"
    folder.mkdir()
    lines(folder / "corpus.jsonl", {"_id": "1", "image": image})
    with pytest.raises(InputError, match=r"corpus\.jsonl:1: the picture .* is not below"):
        list(open_corpus(folder).passages())


def test_an_address_on_the_web_is_a_plain_value(tmp_path: Path) -> None:
    row = {"_id": "1", "text": "A shoe.", "image": "https://example.org/shoe.jpg"}
    lines(tmp_path / "t.jsonl", row)
    (passage,) = open_corpus(tmp_path / "t.jsonl").passages()
    assert passage.image == ""
    assert passage.metadata == {"image": "https://example.org/shoe.jpg"}


def test_the_column_can_be_another_or_none(tmp_path: Path) -> None:
    path = save_pictures(tmp_path)["red circle"]
    row = {"_id": "1", "text": "x", "image": "gone.png", "photo": "red-circle.png"}
    lines(tmp_path / "t.jsonl", row)
    settings = CorpusSettings(image_field="photo")
    (other,) = open_corpus(tmp_path / "t.jsonl", settings).passages()
    assert (other.image, other.metadata) == (str(path), {"image": "gone.png"})
    (none,) = open_corpus(tmp_path / "t.jsonl", CorpusSettings(image_field="")).passages()
    assert none.image == ""


def test_a_written_collection_is_read_back(tmp_path: Path) -> None:
    path = save_pictures(tmp_path / "images")["red circle"]
    passage = Passage("1", "", "", "1", image=str(path))
    write_beir(tmp_path, [passage])
    assert list(open_corpus(tmp_path).passages()) == [passage]
    with pytest.raises(InputError, match="copy the picture there first"):
        write_beir(tmp_path / "images" / "other", [passage])


def test_a_folder_of_pictures_is_a_collection(photos: Path) -> None:
    (photos / "more").mkdir()
    draw("red", "ring").save(photos / "more" / "IMG_2041.JPG", "JPEG")
    (photos / "notes.xyz").write_text("x")
    (photos / "fake.jpg").write_text("no picture")
    corpus = open_corpus(photos)
    found = {each.id: each for each in corpus.passages()}
    assert len(found) == 10
    circle = found["red-circle.png"]
    assert (circle.title, circle.text) == ("red circle", "")
    assert circle.image == str(photos / "red-circle.png")
    assert found["more/IMG_2041.JPG"].title == "IMG 2041"
    assert corpus.report.count(Reason.OTHER_KIND) == 1
    assert corpus.report.count(Reason.UNREADABLE_PICTURE) == 1


def test_captions_beside_pictures_are_their_texts(photos: Path) -> None:
    lines(
        photos / "metadata.jsonl",
        {"file_name": "red-circle.png", "text": "A red circle.", "year": 2020},
        {"file_name": "red-circle.png", "text": "It is round."},
        {"file_name": "gone.png", "text": "Nothing."},
    )
    corpus = open_corpus(photos)
    circle = next(each for each in corpus.passages() if each.id == "red-circle.png")
    assert circle.text == "A red circle.\nIt is round."
    assert corpus.report.count(Reason.ABSENT_PICTURE) == 1
    assert corpus.report.count(Reason.OTHER_KIND) == 0


def test_captions_may_be_a_table_with_a_column_of_its_name(photos: Path) -> None:
    (photos / "metadata.csv").write_text("file_name,caption\nred-circle.png,A red circle.\n")
    circle = next(each for each in open_corpus(photos).passages() if each.text)
    assert circle.text == "A red circle."
    (photos / "metadata.csv").write_text("file,caption\nred-circle.png,A red circle.\n")
    with pytest.raises(InputError, match=r"metadata\.csv:2: no 'file_name'"):
        list(open_corpus(photos).passages())


def test_pictures_beside_documents_are_left_out_unless_asked_for(photos: Path) -> None:
    (photos / "guide.md").write_text("# Guide\n\nLook at the circle.\n")
    corpus = open_corpus(photos)
    assert [each.id for each in corpus.passages()] == ["guide.md#1"]
    assert corpus.report.count(Reason.OTHER_KIND) == 9
    assert len(list(open_corpus(photos, CorpusSettings(pictures=True)).passages())) == 10
