"""Take the pictures of docs/page.md from a service that runs, in a Chromium without a window.

    acclimate adapt data/scifact --recipe offline --out scifact
    acclimate index data/scifact --out index --model scifact/model --model MODEL-BEFORE
    acclimate serve index --run scifact
    python docs/screenshots.py http://127.0.0.1:8000

Names of pictures after the address take those alone. `photos` is of another service, over an index
folder of photographs and a model of texts and pictures. It is not among docs/images, because
photographs belong to those who took them.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urljoin

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

IMAGES = Path(__file__).parent / "images"
QUERY = "A deficiency of vitamin B12 increases blood levels of homocysteine."
SEARCHED = f"/?{urlencode({'q': QUERY})}"
PHOTOGRAPHS = f"/?{urlencode({'q': 'two dogs playing in the snow', 'c': 'dense', 'k': 5})}"
SCREEN: ViewportSize = {"width": 1360, "height": 860}
TALL: ViewportSize = {"width": 1360, "height": 1180}
PHONE: ViewportSize = {"width": 390, "height": 844}
#: Nothing in the way of one page, and nothing fetched behind its back.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, slots=True)
class Picture:
    """What to open, how large, and what to do before the picture is taken."""

    address: str
    size: ViewportSize
    arrange: Callable[[Page], object]
    dark: bool = False


def join(page: Page) -> None:
    """Point at a hit that its neighbours have too."""
    page.locator(".column:nth-child(2) .hit").first.hover()


def open_reasons(page: Page) -> None:
    """Ask why the adapted model found its first hit."""
    page.locator(".column:nth-child(3) .why").first.click()
    page.wait_for_selector("dialog .weights")


def choose_column(page: Page) -> None:
    """Show the adapted model's column where only one fits."""
    page.get_by_role("group", name="Column shown").get_by_role("button").nth(2).click()


def ask_by_picture(page: Page) -> None:
    """Search by what the first hit shows."""
    address = page.locator(".hit img").first.get_attribute("src") or ""
    small = page.request.get(urljoin(page.url, address)).body()
    page.get_by_label("Search by a picture").set_input_files(
        [{"name": "first hit.jpg", "mimeType": "image/jpeg", "buffer": small}]
    )
    page.wait_for_selector("#picture-preview:not([hidden])")
    page.wait_for_timeout(2_000)


PICTURES = {
    "compare": Picture(SEARCHED, SCREEN, join),
    "compare-dark": Picture(SEARCHED, SCREEN, join, dark=True),
    "why": Picture(SEARCHED, SCREEN, open_reasons),
    "phone": Picture(SEARCHED, PHONE, choose_column),
    "photos": Picture(PHOTOGRAPHS, TALL, ask_by_picture),
    "run": Picture("/browse", TALL, lambda page: page.wait_for_selector("#rows li")),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url", help="the address of the service")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PICTURES)}; all but photos")
    given = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        path = os.environ.get("ACCLIMATE_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for name in given.names or [each for each in PICTURES if each != "photos"]:
            take(browser, given.url, PICTURES[name], IMAGES / f"{name}.png")
        browser.close()


def take(browser: Browser, url: str, picture: Picture, path: Path) -> None:
    """Open, wait for what is shown, arrange it, and keep the picture."""
    context = browser.new_context(
        viewport=picture.size, color_scheme="dark" if picture.dark else "light"
    )
    page = context.new_page()
    page.set_default_timeout(120_000)  # reasons of a long passage take their time
    page.goto(url + picture.address)
    page.wait_for_selector(".hit, #rows li")
    picture.arrange(page)
    page.wait_for_timeout(400)  # for colours that fade
    page.screenshot(path=path)
    # A third of the size, and nobody sees which colours are gone.
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)
    print(f"{path}: {' | '.join(page.locator('.times').all_inner_texts())}")
    context.close()


if __name__ == "__main__":
    main()
