"""Documents are added, replaced, read and deleted over HTTP."""

from __future__ import annotations

import errno
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from served import KEY, WITH_KEY, Served, key_file, lexical_index, serving

from acclimate.engine import change
from acclimate.engine.engine import Engine
from acclimate.serve.settings import Limits, ServeSettings
from acclimate.types import Passage

ODD_IDS = [
    "plain",
    "with/slash",
    "/leading",
    "trailing/",
    "two//slashes",
    "q?x=1&y#z",
    "per%20cent%2F",
    "späce and ünïcode 🦜",
    "日本語",
    "a+b",
    "back\\slash",
    "quote\"'`",
    "healthz",
]


def put(client: httpx.Client, *documents: dict[str, object]) -> httpx.Response:
    return client.post("/documents", json={"documents": documents}, headers=WITH_KEY)


def found(client: httpx.Client, query: str) -> list[str]:
    answer = client.post("/search", json={"query": query}).raise_for_status().json()
    return [result["passage"]["id"] for result in answer["results"]]


def test_an_acknowledged_document_can_be_found_read_replaced_and_deleted(
    client: httpx.Client,
) -> None:
    added = put(client, {"id": "new", "text": "walrus on ice", "title": "W", "metadata": {"n": 1}})
    assert (added.status_code, added.json()) == (200, {"added": 1, "replaced": 0, "deleted": 0})
    assert found(client, "walrus") == ["new"]
    read = client.get("/documents/new").raise_for_status().json()
    assert read == {"id": "new", "text": "walrus on ice", "title": "W", "document_id": "new",
                    "place": "", "metadata": {"n": 1}, "image": ""}  # fmt: skip
    assert put(client, {"id": "new", "text": "penguin"}).json()["replaced"] == 1
    assert (found(client, "walrus"), found(client, "penguin")) == ([], ["new"])
    assert client.get("/documents/new").json()["metadata"] == {}
    gone = client.delete("/documents/new", headers=WITH_KEY)
    assert (gone.status_code, gone.json()["deleted"]) == (200, 1)
    assert found(client, "penguin") == []
    assert client.get("/documents/new").status_code == 404
    again = client.delete("/documents/new", headers=WITH_KEY)
    assert (again.status_code, again.json()["error"]["field"]) == (404, "id")


@pytest.mark.parametrize("id_", ODD_IDS)
def test_any_id_can_be_asked_for_by_its_address(client: httpx.Client, id_: str) -> None:
    put(client, {"id": id_, "text": "odd one"}).raise_for_status()
    encoded = f"/documents/{quote(id_, safe='')}"
    assert client.get(encoded).raise_for_status().json()["id"] == id_
    assert client.delete(encoded, headers=WITH_KEY).status_code == 200
    assert client.get(encoded).status_code == 404


@pytest.mark.parametrize("id_", [*ODD_IDS, "..", "a/../b", "."])
def test_any_id_can_be_asked_for_by_a_parameter(client: httpx.Client, id_: str) -> None:
    put(client, {"id": id_, "text": "odd one"}).raise_for_status()
    assert client.get("/documents", params={"id": id_}).raise_for_status().json()["id"] == id_
    assert client.delete("/documents", params={"id": id_}, headers=WITH_KEY).status_code == 200
    assert client.get("/documents", params={"id": id_}).status_code == 404


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"text": "x"}, "documents[0].id"),
        ({"id": "", "text": "x"}, "documents[0].id"),
        ({"id": " ", "text": "x"}, "documents[0].id"),
        ({"id": "a\tb", "text": "x"}, "documents[0].id"),
        ({"id": "a\x00b", "text": "x"}, "documents[0].id"),
        ({"id": "a\nb", "text": "x"}, "documents[0].id"),
        ({"id": 7, "text": "x"}, "documents[0].id"),
        ({"id": "a" * 513, "text": "x"}, "documents[0].id"),
        ({"id": "a"}, "documents[0].text"),
        ({"id": "a", "text": "  "}, "documents[0].text"),
        ({"id": "a", "text": ["x"]}, "documents[0].text"),
        ({"id": "a", "text": "x", "title": None}, "documents[0].title"),
        ({"id": "a", "text": "x", "metadata": []}, "documents[0].metadata"),
        ({"id": "a", "text": "x", "metadata": {"y": [1]}}, "documents[0].metadata.y"),
        ({"id": "a", "text": "x", "metadata": {"y": None}}, "documents[0].metadata.y"),
        ({"id": "a", "text": "x", "metadata": {"": 1}}, "documents[0].metadata"),
        ({"id": "a", "text": "x", "metadata": {str(n): n for n in range(65)}},
         "documents[0].metadata"),
        ({"id": "a", "text": "x", "body": "y"}, "documents[0].body"),
    ],
)  # fmt: skip
def test_a_bad_document_is_named_and_nothing_of_its_request_is_added(
    client: httpx.Client, document: dict[str, object], field: str
) -> None:
    refused = client.post(
        "/documents",
        json={"documents": [document, {"id": "innocent", "text": "x"}]},
        headers=WITH_KEY,
    )
    assert refused.status_code == 422
    assert refused.json()["error"]["field"].startswith(field)
    assert client.get("/documents/innocent").status_code == 404


def test_numbers_that_json_should_not_know_are_refused(client: httpx.Client) -> None:
    for number in ("NaN", "Infinity", "1e999"):
        body = '{"documents": [{"id": "a", "text": "x", "metadata": {"y": %s}}]}' % number  # noqa: UP031
        headers = {**WITH_KEY, "Content-Type": "application/json"}
        refused = client.post("/documents", content=body, headers=headers)
        error = refused.json()["error"]
        assert (refused.status_code, error["field"]) == (422, "documents[0].metadata.y")
        assert error["remedy"].endswith("a finite number")


def test_one_id_twice_in_a_request_is_refused(client: httpx.Client) -> None:
    refused = put(client, {"id": "a", "text": "x"}, {"id": "a", "text": "y"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "documents[1].id")


def test_metadata_keep_their_types_and_can_be_filtered_by(client: httpx.Client) -> None:
    metadata = {"whole": 3, "part": 0.5, "yes": True, "text": "3", "größe (m)": 2**62,
                "huge": -(2**70)}  # fmt: skip
    put(client, {"id": "typed", "text": "typed thing", "metadata": metadata}).raise_for_status()
    assert client.get("/documents/typed").json()["metadata"] == metadata
    for where in ("whole = 3", "part < 1", "yes = true", f"`größe (m)` = {2**62}"):
        answer = client.post("/search", json={"query": "typed", "where": where}).json()
        assert [result["passage"]["id"] for result in answer["results"]] == ["typed"], where
    client.delete("/documents/typed", headers=WITH_KEY).raise_for_status()


def test_no_write_without_a_key_that_is_known(client: httpx.Client) -> None:
    body = {"documents": [{"id": "x", "text": "y"}]}
    none = client.post("/documents", json=body)
    assert (none.status_code, none.headers["WWW-Authenticate"]) == (401, "Bearer")
    for headers in (
        {"X-API-Key": "wrong"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {KEY}x"},
    ):
        assert client.post("/documents", json=body, headers=headers).status_code == 403
        assert client.delete("/documents/river", headers=headers).status_code == 403
    no_text = [(b"X-API-Key", b"\xff\xfe")]
    assert client.post("/documents", json=body, headers=no_text).status_code == 403
    assert client.get("/documents/x").status_code == 404
    assert client.get("/documents/river").status_code == 200
    bearer = {"Authorization": f"Bearer {KEY}"}
    assert client.post("/documents", json=body, headers=bearer).status_code == 200
    assert client.delete("/documents/x", headers=bearer).status_code == 200


def test_without_a_key_file_nobody_can_write_and_the_answer_says_why(tmp_path: Path) -> None:
    with (
        serving(lexical_index(tmp_path / "index"), ServeSettings()) as found_,
        found_.client() as client,
    ):
        refused = put(client, {"id": "x", "text": "y"})
        assert refused.status_code == 403
        assert "--api-key-file" in refused.json()["error"]["remedy"]
        assert client.get("/info").json()["writable"] is False


def test_reading_can_be_protected(tmp_path: Path) -> None:
    settings = ServeSettings(api_key_file=key_file(tmp_path), protect_reads=True)
    with serving(lexical_index(tmp_path / "index"), settings) as found_, found_.client() as client:
        for address in ("/info", "/documents/river", "/search?q=river"):
            assert client.get(address).status_code == 401
            assert client.get(address, headers=WITH_KEY).status_code == 200
        for address in ("/healthz", "/readyz", "/metrics"):
            assert client.get(address).status_code == 200


def test_writes_at_once_are_all_kept_and_share_commits(tmp_path: Path) -> None:
    settings = ServeSettings(api_key_file=key_file(tmp_path))
    index = lexical_index(tmp_path / "index")
    with serving(index, settings) as found_, found_.client() as client:
        before = client.get("/info").json()["version"]

        def write(number: int) -> httpx.Response:
            if number % 4 == 3:
                return client.delete(f"/documents/absent{number}", headers=WITH_KEY)
            return put(client, {"id": f"d{number}", "text": f"thing number {number}"})

        with ThreadPoolExecutor(16) as threads:
            statuses = [answer.status_code for answer in threads.map(write, range(40))]
        assert statuses == [404 if number % 4 == 3 else 200 for number in range(40)]
        info = client.get("/info").json()
        assert info["count"] == 5 + 30
        assert info["version"] - before < 40
    engine = Engine.open(index)
    assert all(engine.passage(f"d{number}") for number in range(40) if number % 4 != 3)
    engine.close()


def test_too_many_documents_are_refused(tmp_path: Path) -> None:
    limits = Limits(documents=2, body_bytes=1000)
    settings = ServeSettings(api_key_file=key_file(tmp_path), limits=limits)
    with serving(lexical_index(tmp_path / "index"), settings) as found_, found_.client() as client:
        three: list[dict[str, object]] = [{"id": str(number), "text": "x"} for number in range(3)]
        refused = put(client, *three)
        assert refused.status_code == 422
        assert refused.json()["error"] == {
            "field": "documents",
            "message": "3 entries; at most 2 entries here",
            "remedy": None,
        }
        large = json.dumps({"documents": [{"id": "large", "text": "x" * 2000}]})
        headers = {**WITH_KEY, "Content-Type": "application/json"}
        assert client.post("/documents", content=large, headers=headers).status_code == 413
        pieces = (large[at : at + 100].encode() for at in range(0, len(large), 100))
        streamed = client.post("/documents", content=pieces, headers=headers)
        assert streamed.status_code == 413
        assert streamed.json()["error"]["field"] == "body"
        assert client.get("/documents/large").status_code == 404


def test_what_another_process_commits_is_found(served: Served, client: httpx.Client) -> None:
    other = Engine.open(served.service.engine.folder)
    other.add([Passage("elsewhere", "written by somebody else: aardvark")])
    other.close()
    for _ in range(200):
        if found(client, "aardvark"):
            break
        time.sleep(0.05)
    assert found(client, "aardvark") == ["elsewhere"]


def test_a_disk_that_is_full_is_told_and_takes_nothing_away(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with served.client() as client:
        monkeypatch.setattr(change, "write_parts", full)
        refused = put(client, {"id": "new", "text": "walrus"})
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert "as it was" in refused.json()["error"]["message"]
        assert found(client, "capital") != []
        monkeypatch.undo()
        assert put(client, {"id": "new", "text": "walrus"}).status_code == 200
