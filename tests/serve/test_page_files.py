"""What the page is made of, and the headers that it is sent with."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from acclimate.serve.handlers import add_handlers
from acclimate.serve.page import POLICY, VIEWS, page_files, page_router


@pytest.fixture(scope="module")
def client() -> TestClient:
    """The page alone, without an engine."""
    app = FastAPI()
    app.include_router(page_router())
    add_handlers(app)
    return TestClient(app)


class Attributes(HTMLParser):
    """Collects every attribute, and whether scripts or styles stand in the page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.inline: list[str] = []
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        self.found += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""

    def handle_data(self, data: str) -> None:
        if self._tag in ("script", "style") and data.strip():
            self.inline.append(data)


def attributes(name: str) -> Attributes:
    found = Attributes()
    found.feed(page_files()[name].content.decode())
    return found


@pytest.mark.parametrize("address", [*VIEWS, *(f"/page/{name}" for name in page_files())])
def test_every_file_is_sent_with_a_strict_policy(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'self';")


def test_a_known_file_is_not_sent_again(client: TestClient) -> None:
    tag = client.get("/page/base.css").headers["ETag"]
    answer = client.get("/page/base.css", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fpage.py", "%2e%2e%2fpage.py", ".js"])
def test_other_files_are_not_sent(client: TestClient, name: str) -> None:
    answer = client.get(f"/page/{name}")
    assert answer.status_code == 404
    assert "error" in answer.json() or "detail" in answer.json()


@pytest.mark.parametrize("name", VIEWS.values())
def test_nothing_stands_inline(name: str) -> None:
    found = attributes(name)
    assert not found.inline
    assert not [each for each in found.found if each[1].startswith("on") or each[1] == "style"]


@pytest.mark.parametrize("name", VIEWS.values())
def test_what_a_view_names_is_here(name: str) -> None:
    files = page_files()
    named = [v for t, a, v in attributes(name).found if a in ("src", "href") and "page/" in v]
    assert named
    assert {each.removeprefix("page/") for each in named} <= files.keys()


@pytest.mark.parametrize("name", [name for name in page_files() if name.endswith(".js")])
def test_scripts_put_texts_in_as_texts(name: str) -> None:
    files = page_files()
    code = files[name].content.decode()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", code)
    imported = re.findall(r'from "\./([^"]+)"', code)
    assert set(imported) <= files.keys()


def test_no_file_names_an_outside_address() -> None:
    for name, file in page_files().items():
        outside = set(re.findall(r"\w+://[^\s\"']+", file.content.decode()))
        assert outside <= {"http://www.w3.org/2000/svg"}, name
