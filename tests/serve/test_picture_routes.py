"""Searching by a picture, and thumbnails, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image
from served import PASSAGES, WITH_KEY, Served, dense_index, key_file, serving

from acclimate.serve.settings import Limits, ServeSettings
from acclimate.types import Passage
from pictured import save_clip, save_pictures


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return save_pictures(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def index(photos: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine pictures and the usual texts."""
    clip = save_clip(tmp_path_factory.mktemp("clip"))
    pictures = [
        Passage(f"{name} ?&/ü", "", name, name, "", {"hue": name.split()[0]}, str(path))
        for name, path in photos.items()
    ]
    return dense_index(tmp_path_factory.mktemp("index") / "index", clip, [*pictures, *PASSAGES])


@pytest.fixture(scope="module")
def client(index: Path) -> Iterator[httpx.Client]:
    settings = ServeSettings(limits=Limits(body_bytes=100_000))
    with serving(index, settings) as served, served.client() as found:
        yield found


def test_a_picture_finds_itself(client: httpx.Client, photos: dict[str, Path]) -> None:
    for name, path in photos.items():
        answer = client.post("/search/picture?k=3", content=path.read_bytes()).json()
        assert answer["results"][0]["passage"]["id"] == f"{name} ?&/ü"
        assert (answer["mode"], answer["query"]) == ("dense", "the picture")
        assert len(answer["results"]) == 3


def test_conditions_and_reasons_go_with_it(client: httpx.Client, photos: dict[str, Path]) -> None:
    asked = {"where": "hue = 'blue'", "explain": "true", "mode": "dense"}
    content = photos["red circle"].read_bytes()
    answer = client.post("/search/picture", params=asked, content=content).json()
    assert {hit["passage"]["metadata"]["hue"] for hit in answer["results"]} == {"blue"}
    assert "which the model reads whole" in answer["results"][0]["explanation"]["note"]


def test_many_pictures_at_once_are_answered(client: httpx.Client, photos: dict[str, Path]) -> None:
    def first(path: Path) -> str:
        found = client.post("/search/picture?k=1", content=path.read_bytes())
        return str(found.json()["results"][0]["passage"]["title"])

    with ThreadPoolExecutor(9) as pool:
        assert list(pool.map(first, photos.values())) == list(photos)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"no picture", "none of the pictures"),
        (b"\x89PNG\r\n\x1a\n", "none|broken"),
    ],
)
def test_a_refused_picture_is_told_with_its_field(
    client: httpx.Client, content: bytes, reason: str
) -> None:
    answer = client.post("/search/picture", content=content)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["field"] == "picture"
    assert any(each in error["message"] for each in reason.split("|"))


def test_a_picture_beyond_the_limit_is_not_taken_in(client: httpx.Client) -> None:
    answer = client.post("/search/picture", content=bytes(100_001))
    assert (answer.status_code, answer.json()["error"]["field"]) == (413, "body")


@pytest.mark.parametrize("asked", ["mode=lexical", "mode=hybrid", "k=0", "rerank=x", "mode=gone"])
def test_what_reads_words_is_refused(
    client: httpx.Client, photos: dict[str, Path], asked: str
) -> None:
    content = photos["red circle"].read_bytes()
    assert client.post(f"/search/picture?{asked}", content=content).status_code == 422


def test_where_a_file_lies_is_not_told(client: httpx.Client, photos: dict[str, Path]) -> None:
    folder = str(photos["red circle"].parent)
    body = {"query": "red circle", "k": 20}
    compared = {**body, "systems": [{"mode": "lexical"}, {"mode": "dense"}]}
    answers = [
        client.post("/search", json=body),
        client.post("/compare", json=compared),
        client.get("/documents", params={"id": "red circle ?&/ü"}),
        client.post("/search/picture", content=photos["red circle"].read_bytes()),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert folder not in answer.text
        assert "thumbnails?id=" in answer.text


def test_thumbnails_are_small_pictures_and_nothing_else(client: httpx.Client) -> None:
    hit = client.post("/search", json={"query": "red circle", "mode": "lexical"}).json()["results"]
    answer = client.get(f"/{hit[0]['passage']['image']}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    with Image.open(BytesIO(answer.content)) as image:
        assert image.format == "JPEG"
    known = client.get(answer.request.url, headers={"If-None-Match": answer.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    for absent in ("bread", "gone", ""):
        refused = client.get("/thumbnails", params={"id": absent})
        assert (refused.status_code, refused.json()["error"]["field"]) == (404, "id")


def test_info_tells_what_a_picture_can_be_searched_with(
    client: httpx.Client, served: Served
) -> None:
    assert client.get("/info").json()["picture_modes"] == ["dense"]
    with served.client() as words:
        assert words.get("/info").json()["picture_modes"] == []
        answer = words.post("/search/picture", content=b"x")
        assert (answer.status_code, "no dense model" in answer.text) == (422, True)


def test_protected_reading_protects_pictures_too(index: Path, tmp_path: Path) -> None:
    settings = ServeSettings(api_key_file=key_file(tmp_path), protect_reads=True)
    with serving(index, settings) as served, served.client() as found:
        address = {"id": "red circle ?&/ü"}
        assert found.get("/thumbnails", params=address).status_code == 401
        assert found.post("/search/picture", content=b"x").status_code == 401
        assert found.get("/thumbnails", params=address, headers=WITH_KEY).status_code == 200
