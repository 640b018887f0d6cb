"""A service that nobody may read without a key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from served import KEY, Served, key_file, lexical_index, serving
from visits import Visit

from acclimate.serve.settings import ServeSettings


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("locked")
    settings = ServeSettings(api_key_file=key_file(folder), protect_reads=True)
    with serving(lexical_index(folder / "index"), settings) as found:
        yield found


def test_the_page_asks_for_the_key_and_keeps_it_for_the_tab(visit: Visit, locked: Served) -> None:
    visit.url = locked.url
    page = visit.open("/?q=berlin")
    page.get_by_label("Key").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_text("This key is not known").wait_for()
    page.get_by_label("Key").fill(KEY)
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit")
    assert not page.get_by_role("alert").is_visible()
    page.reload()
    page.wait_for_selector(".hit")
    assert KEY not in page.url
    assert page.evaluate("localStorage.length") == 0
