"""Pictures on the page: as hits, and as the query by choosing, dropping and pasting."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import KEY, Served, dense_index, key_file, serving
from visits import HOSTILE, Visit, Visiting

from acclimate.serve.settings import ServeSettings
from acclimate.types import Passage
from pictured import save_clip, save_pictures


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return save_pictures(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def index(photos: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    clip = save_clip(tmp_path_factory.mktemp("clip"))
    pictures = [
        Passage(path.name, "", name, path.name, image=str(path)) for name, path in photos.items()
    ]
    hostile = Passage(f"own {HOSTILE.id}", HOSTILE.text, HOSTILE.title, image=pictures[0].image)
    passages = [*pictures, hostile, Passage("text", "A red circle in words.", "Words", "text")]
    return dense_index(tmp_path_factory.mktemp("index") / "index", clip, passages)


@pytest.fixture(scope="module")
def service(index: Path) -> Iterator[Served]:
    with serving(index, ServeSettings()) as found:
        yield found


def first_by_picture(visit: Visit) -> str:
    """The first hit of the dense column once its picture was searched."""
    visit.until("document.title.startsWith('Acclimate') && document.querySelector('.hit') !== null")
    visit.until("!document.getElementById('results').hasAttribute('aria-busy')")
    found: str = visit.page.evaluate("document.querySelector('.hit').dataset.id")
    return found


def test_hits_show_their_pictures_with_a_name_for_the_ear(visit: Visit) -> None:
    page = visit.search("red circle", "lexical")
    image = page.locator(".hit img").first
    assert image.get_attribute("alt") == "red circle"
    visit.until("document.querySelector('.hit img').naturalWidth === 48")
    words = page.locator('.hit[data-id="text"]')
    assert words.locator("img").count() == 0


def test_a_caption_cannot_take_over_the_page(visit: Visit) -> None:
    page = visit.search("zzz", "lexical")
    assert HOSTILE.text in (page.locator(".hit img").first.get_attribute("alt") or "")


def test_a_chosen_picture_is_searched(visit: Visit, photos: dict[str, Path]) -> None:
    page = visit.open("/")
    chooser = page.get_by_label("Search by a picture")
    chooser.set_input_files(photos["blue cross"])
    assert first_by_picture(visit) == "blue-cross.png"
    assert page.locator("#picture-name").inner_text() == "blue-cross.png"
    visit.until("!document.getElementById('picture-preview').hidden")
    columns = page.locator("section.column")
    assert "It reads words, and a picture has none." in columns.first.inner_text()
    assert "12 hits" not in page.get_by_role("status").first.inner_text()
    page.get_by_role("button", name="Remove the picture").click()
    visit.until("document.querySelector('.hit') === null")
    assert page.locator("#picture-chosen").is_hidden()


def test_words_take_the_place_of_a_picture(visit: Visit, photos: dict[str, Path]) -> None:
    page = visit.open("/")
    page.get_by_label("Search by a picture").set_input_files(photos["blue cross"])
    first_by_picture(visit)
    page.get_by_role("searchbox", name="Query").fill("circle")
    page.keyboard.press("Enter")
    visit.until("document.title.startsWith('circle')")
    visit.until("document.getElementById('picture-chosen').hidden")
    assert "circle" in page.locator(".hit").first.inner_text()


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_is_dropped_or_pasted(visit: Visit, photos: dict[str, Path], way: str) -> None:
    visit.open("/")
    visit.until("!document.getElementById('picture').hidden")
    data = base64.b64encode(photos["green square"].read_bytes()).decode()
    visit.page.evaluate(
        """([data, way]) => {
          const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
          const carried = new DataTransfer();
          carried.items.add(new File([bytes], "mine.png", { type: "image/png" }));
          const said = { bubbles: true, cancelable: true };
          if (way === "drop") {
            for (const kind of ["dragover", "drop"])
              document.body.dispatchEvent(
                new DragEvent(kind, { ...said, dataTransfer: carried }));
          } else {
            document.body.dispatchEvent(
              new ClipboardEvent("paste", { ...said, clipboardData: carried }));
          }
        }""",
        [data, way],
    )
    assert first_by_picture(visit) == "green-square.png"
    assert not visit.page.evaluate("document.body.classList.contains('dropping')")


def test_a_broken_picture_is_told_and_the_page_goes_on(
    visit: Visit, photos: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(photos["red cross"].read_bytes()[:70])
    page = visit.open("/")
    page.get_by_label("Search by a picture").set_input_files(tmp_path / "broken.png")
    page.wait_for_selector("#error:not([hidden])")
    assert "broken" in page.get_by_role("alert").first.inner_text()
    page.get_by_label("Search by a picture").set_input_files(photos["red cross"])
    assert first_by_picture(visit) == "red-cross.png"
    assert page.locator("#error").is_hidden()


def test_the_reasons_say_that_a_picture_is_read_whole(
    visit: Visit, photos: dict[str, Path]
) -> None:
    page = visit.open("/")
    page.get_by_label("Search by a picture").set_input_files(photos["red cross"])
    first_by_picture(visit)
    page.locator(".hit .why").first.click()
    page.wait_for_selector("dialog .reasons:not([aria-busy])")
    assert "reads whole" in page.locator("dialog .reasons").inner_text()
    assert page.locator("dialog img").get_attribute("alt") == "red cross"


def test_the_chooser_is_reached_by_keys(visit: Visit) -> None:
    page = visit.open("/")
    visit.until("!document.getElementById('picture').hidden")
    page.get_by_role("searchbox", name="Query").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "picture-file"


def test_a_key_is_sent_for_pictures_too(
    index: Path, tmp_path: Path, visiting: Visiting, service: Served
) -> None:
    settings = ServeSettings(api_key_file=key_file(tmp_path), protect_reads=True)
    with serving(index, settings) as closed:
        visit = visiting(viewport={"width": 1280, "height": 900})
        visit.url = closed.url
        page = visit.open("/?q=red+circle&c=lexical")
        page.get_by_label("Key").fill(KEY)
        page.get_by_role("button", name="Use it").click()
        page.wait_for_selector(".hit canvas")
        visit.until("document.querySelector('.hit canvas').width === 48")
        canvas = page.locator(".hit canvas").first
        assert canvas.get_attribute("aria-label") == "red circle"


def test_an_index_of_words_offers_no_picture(
    tmp_path: Path, visiting: Visiting, service: Served
) -> None:
    from served import lexical_index

    with serving(lexical_index(tmp_path / "words"), ServeSettings()) as words:
        visit = visiting()
        visit.url = words.url
        page = visit.search("berlin", "lexical")
        assert page.locator("#picture").is_hidden()
