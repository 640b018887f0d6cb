"""A real Chromium in front of a real service. Tests skip where there is no Chromium."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from served import Served, dense_index, serving
from visits import HOSTILE, PATIENCE, Visit, Visiting

from acclimate.adapt.gpl import adapt
from acclimate.corpus import open_corpus
from acclimate.serve.settings import ServeSettings
from acclimate.types import Passage
from toys import Toys, toy_passages

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without any profile; one for each module, as its event loop stays in the thread."""
    pytest.importorskip("playwright")
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("ACCLIMATE_CHROMIUM") or next(filter(None, map(shutil.which, names)), "")
    if not path:
        pytest.skip("no Chromium; install it, or name one in ACCLIMATE_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def visiting(chromium: Browser, service: Served) -> Iterator[Visiting]:
    """Opens pages of the service; afterwards none of them may have complained or gone elsewhere."""
    visits: list[Visit] = []
    contexts = []

    def visit(**options: Any) -> Visit:
        context = chromium.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        found = Visit(context.new_page(), service.url)
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.page.on(
            "console",
            # A refused request is logged as an error by the browser itself.
            lambda message: (
                found.complaints.append(message.text)
                if message.type == "error" and "status of" not in message.text
                else None
            ),
        )
        visits.append(found)
        return found

    yield visit
    for each in visits:
        assert each.complaints == []
        assert [url for url in each.requests if not url.startswith(each.url)] == []
        assert each.page.evaluate("window.hacked") is None
    for context in contexts:
        context.close()


@pytest.fixture
def visit(visiting: Visiting) -> Visit:
    """A page of an ordinary screen."""
    return visiting(viewport={"width": 1280, "height": 900}, color_scheme="light")


@pytest.fixture(scope="session")
def passages() -> list[Passage]:
    """The toy passages with years and topics, and a hostile one."""
    found = [
        replace(toy.passage, metadata={"year": 2000 + number, "topic": f"topic {number % 8}"})
        for number, toy in enumerate(toy_passages(32))
    ]
    return [*found, HOSTILE]


@pytest.fixture(scope="session")
def run_folder(toy: Toys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the whole of GPL."""
    sys.path.append(str(Path(__file__).parents[2] / "adapt"))  # whose small run this is
    import tiny

    corpus = tiny.corpus(tmp_path_factory.mktemp("corpus"))
    out = tmp_path_factory.mktemp("runs") / "first run"
    adapt(open_corpus(corpus), out, tiny.recipe(toy))
    return out


@pytest.fixture(scope="session")
def service(
    toy: Toys,
    passages: list[Passage],
    run_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """A service over the passages with BM25 and a toy model, a re-ranker, and the run."""
    index = dense_index(tmp_path_factory.mktemp("served") / "index", toy.encoder, passages)
    settings = ServeSettings(run=run_folder, rerankers=(f"encoder:{toy.encoder}",))
    with serving(index, settings) as found:
        yield found


@pytest.fixture(scope="session")
def query(passages: list[Passage]) -> str:
    """Words that several passages have, so that systems find much the same in another order."""
    return passages[0].text.split(".")[0]
