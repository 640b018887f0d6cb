"""What a search and a comparison answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import Served, dense_index, serving

from acclimate.errors import AcclimateError
from acclimate.serve.run import serve
from acclimate.serve.settings import ServeSettings

WHERE = "year < 1000"


@pytest.fixture(scope="module")
def ranking(
    tmp_path_factory: pytest.TempPathFactory, encoder_folder: Path, cross_folder: Path
) -> Iterator[httpx.Client]:
    """A client of a service with vectors and a re-ranker."""
    folder = tmp_path_factory.mktemp("ranking")
    settings = ServeSettings(rerankers=(f"cross-encoder:{cross_folder}",))
    with (
        serving(dense_index(folder / "index", encoder_folder), settings) as found,
        found.client() as client,
    ):
        yield client


def ids(answer: dict[str, Any]) -> list[str]:
    return [result["passage"]["id"] for result in answer["results"]]


def test_a_search_answers_with_passages_snippets_stages_and_times(client: httpx.Client) -> None:
    answer = client.post("/search", json={"query": "capital of France"}).raise_for_status().json()
    assert (answer["query"], answer["mode"]) == ("capital of France", "lexical")
    first = answer["results"][0]
    assert first["rank"] == 1
    assert first["passage"] == {
        "id": "city/paris",
        "text": "Paris is the capital of France.",
        "title": "Paris",
        "document_id": "city/paris",
        "place": "",
        "metadata": {"year": 250, "country": "France"},
        "image": "",
    }
    assert first["stages"] == [{"stage": "lexical", "rank": 1, "score": first["score"]}]
    assert first["explanation"] is None
    snippet = first["snippet"]
    marked = [snippet["text"][mark["start"] : mark["end"]] for mark in snippet["marks"]]
    assert "capital" in marked
    assert {timing["stage"] for timing in answer["timings"]} >= {"lexical"}
    scores = [result["score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True)


def test_snippets_can_be_left_out(client: httpx.Client) -> None:
    asked = {"query": "capital of France", "snippets": False}
    answer = client.post("/search", json=asked).raise_for_status().json()
    assert {result["snippet"]["text"] for result in answer["results"]} == {""}


def test_the_address_line_searches_alike(client: httpx.Client) -> None:
    body: dict[str, Any] = {
        "query": "Berlin Paris",
        "k": 2,
        "mode": "lexical",
        "where": WHERE,
        "explain": True,
        "explain_ids": ["city/paris", "city/rome"],
        "snippets": False,
    }
    asked = {"q": body["query"], **body}
    del asked["query"]
    posted = client.post("/search", json=body).raise_for_status().json()
    got = client.get("/search", params=asked).raise_for_status().json()
    assert got["results"] == posted["results"]
    assert ids(got) == ["city/paris"]


def test_k_filters_and_reasons(client: httpx.Client) -> None:
    assert (
        len(client.post("/search", json={"query": "Berlin Paris", "k": 1}).json()["results"]) == 1
    )
    filtered = client.post("/search", json={"query": "capital", "where": WHERE}).json()
    assert ids(filtered) == ["city/paris"]
    explained = client.post("/search", json={"query": "capital", "explain": True}).json()
    assert [term["term"] for term in explained["results"][0]["explanation"]["terms"]]
    named = {"query": "capital", "k": 51, "explain": True, "explain_ids": ["city/paris"]}
    some = client.post("/search", json=named).raise_for_status().json()["results"]
    assert len(some) > 1
    assert [hit["passage"]["id"] for hit in some if hit["explanation"]] == ["city/paris"]


def test_nothing_found_is_an_empty_answer(client: httpx.Client) -> None:
    assert client.post("/search", json={"query": "zzzzz"}).json()["results"] == []


def test_every_mode_and_the_re_ranker(ranking: httpx.Client) -> None:
    info = ranking.get("/info").json()
    assert info["modes"] == ["lexical", "dense", "hybrid", "hybrid:rrf"]
    for mode in info["modes"]:
        answer = ranking.post("/search", json={"query": "capital of France", "mode": mode}).json()
        assert answer["mode"] == mode
        assert answer["results"]
    assert ranking.post("/search", json={"query": "capital"}).json()["mode"] == "hybrid"
    [reranker] = info["rerankers"]
    answer = ranking.post("/search", json={"query": "capital", "rerank": reranker, "k": 3}).json()
    assert len(answer["results"][0]["stages"]) == 4


def test_systems_side_by_side_and_what_moved(ranking: httpx.Client) -> None:
    systems = [
        {"mode": "lexical"},
        {"mode": "dense", "name": "vectors"},
        {"mode": "lexical", "where": "country = 'France'"},
    ]
    body = {"query": "capital of France", "k": 3, "systems": systems}
    compared = ranking.post("/compare", json=body).raise_for_status().json()
    assert compared["query"] == "capital of France"
    assert [system["name"] for system in compared["systems"]] == ["lexical", "vectors", "lexical"]
    answers = [system["answer"] for system in compared["systems"]]
    for system, answer in zip(systems, answers, strict=True):
        alone = ranking.post(
            "/search",
            json={
                "query": body["query"],
                "k": 3,
                "mode": system["mode"],
                "where": system.get("where", ""),
            },
        ).json()
        assert ids(alone) == ids(answer)
    ranks = {row["id"]: row["ranks"] for row in compared["movements"]}
    assert set(ranks) == {id_ for answer in answers for id_ in ids(answer)}
    for id_, row in ranks.items():
        expected = [ids(each).index(id_) + 1 if id_ in ids(each) else None for each in answers]
        assert row == expected
    best = [min(rank for rank in row["ranks"] if rank) for row in compared["movements"]]
    assert best == sorted(best)


def test_the_re_ranker_stands_in_a_systems_name(ranking: httpx.Client) -> None:
    [reranker] = ranking.get("/info").json()["rerankers"]
    systems = [{"mode": "dense"}, {"mode": "dense", "rerank": reranker}]
    compared = ranking.post("/compare", json={"query": "capital", "systems": systems}).json()
    names = [system["name"] for system in compared["systems"]]
    assert names == ["dense", f"dense > {reranker}"]


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({}, "query", "it is missing; give a text, at most 2,000 characters, not blank"),
        ({"query": ""}, "query", '"" is not taken here; give a text, at most 2,000 characters'),
        ({"query": " \n"}, "query", r'" \n" is not taken here; give a text, at most 2,000'),
        ({"query": 7}, "query", "7 is not taken here; give a text"),
        ({"query": "a" * 2001}, "query", "2,001 characters; at most 2,000"),
        ({"query": "a", "k": 0}, "k", "0 is not taken here; give a whole number, 1 to 1,000"),
        ({"query": "a", "k": "10"}, "k", '"10" is not taken here; give a whole number'),
        ({"query": "a", "k": 1001}, "k", "1,001; at most 1,000"),
        ({"query": "a", "k": True}, "k", "true is not taken here; give a whole number"),
        ({"query": "a", "k": 1e400}, "k", "Infinity is not taken here; give a whole number"),
        ({"query": "a", "k": 51, "explain": True}, "k", "at most 50 with explain"),
        ({"query": "a", "mode": "psychic"}, "mode", "this index has lexical"),
        ({"query": "a", "mode": None}, "mode", "null is not taken here; give a text"),
        ({"query": "a", "rerank": "cross-encoder:other"}, "rerank", "not offered here"),
        ({"query": "a", "rerank_top": 201}, "rerank_top", "201; at most 200"),
        ({"query": "a", "where": "year >"}, "where", "character"),
        ({"query": "a", "languages": "mine"}, "languages", "says its language"),
        ({"query": "a", "languages": "x" * 65}, "languages", "at most 64"),
        ({"query": "a", "where": "y = 1 or " * 500 + "y = 2"}, "where", "at most 4,000"),
        ({"query": "a", "explain": "yes"}, "explain", "give true or false"),
        ({"query": "a", "explain_ids": ["a"] * 51}, "explain_ids", "51 entries; at most 50"),
        ({"query": "a", "explain_ids": [1]}, "explain_ids[0]", "give a text"),
        ({"query": "a", "K": 3}, "K", "no such field; leave it out; the fields are query, k, mode"),
        ([], "body", "a list is not taken here; give an object"),
        ("query", "body", '"query" is not taken here; give an object'),
    ],
)
def test_bad_values_are_named_with_the_reason_and_a_remedy(
    client: httpx.Client, body: object, field: str, said: str
) -> None:
    # By hand, because httpx writes no infinity.
    text = json.dumps(body).replace("Infinity", "1e400")
    refused = client.post("/search", content=text, headers={"Content-Type": "application/json"})
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert error["field"] == field
    assert said in f"{error['message']}; {error['remedy']}"


@pytest.mark.parametrize("kind", [None, "application/x-www-form-urlencoded", "text/plain"])
def test_json_that_is_not_said_to_be_json_is_told_what_is_missing(
    client: httpx.Client, kind: str | None
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    refused = client.post("/search", content=b'{"query": "a"}', headers=headers)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "body")
    assert "Content-Type: application/json" in refused.json()["error"]["remedy"]


def test_what_an_address_asks_for_is_refused_with_a_remedy_too(client: httpx.Client) -> None:
    for address, field, remedy in (
        ("/search", "q", "give a text, at most 2,000 characters, not blank"),
        ("/search?q=a&k=0", "k", "give a whole number, 1 to 1,000"),
        ("/search?q=a&K=3", "K", "leave it out; the fields are q, k, mode, rerank, rerank_top, "
         "where, languages, explain, explain_ids, snippets"),
    ):  # fmt: skip
        refused = client.get(address)
        error = refused.json()["error"]
        assert (refused.status_code, error["field"], error["remedy"]) == (422, field, remedy)


@pytest.mark.parametrize(
    ("systems", "field"),
    [
        ([{"mode": "lexical"}], "systems"),
        ([{"mode": "lexical"}] * 5, "systems"),
        ([{"mode": "lexical"}, {"mode": 3}], "systems[1].mode"),
        ([{"mode": "lexical"}, {"rerank": "x:y"}], "systems[1].rerank"),
        ([{"mode": "lexical"}, {"where": "a" * 4001}], "systems[1].where"),
    ],
)
def test_a_bad_system_is_named(client: httpx.Client, systems: list[object], field: str) -> None:
    refused = client.post("/compare", json={"query": "a", "systems": systems})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, field)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b'{"query": "a\\u0000b"}',
        b"[" * 100_000,
        b'{"query": ' * 50_000,
        b'{"query": NaN}',
        b'{"query": "a", "k": NaN}',
        b'{"query": "a", "k": ' + b"9" * 5000 + b"}",
        b"null",
        b'"\\ud800"',
    ],
)
def test_what_is_hardly_json_is_refused_or_searched_but_no_failure(
    client: httpx.Client, content: bytes
) -> None:
    answer = client.post("/search", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400, 422)
    if answer.status_code != 200:
        assert answer.json()["error"]["message"]


def test_unknown_addresses_and_methods_are_refused_as_json(client: httpx.Client) -> None:
    absent = client.get("/nowhere")
    assert (absent.status_code, list(absent.json())) == (404, ["error"])
    wrong = client.put("/search")
    assert (wrong.status_code, list(wrong.json())) == (405, ["error"])
    assert set(wrong.headers["Allow"].split(", ")) == {"GET", "POST"}


@pytest.mark.parametrize(
    ("address", "field"), [("/documents/%FF", "path"), ("/search?q=%FF", "query")]
)
def test_an_address_that_is_not_utf8_is_refused(
    client: httpx.Client, address: str, field: str
) -> None:
    refused = client.get(address)
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, field)


def test_the_index_tells_what_it_can(client: httpx.Client, served: Served) -> None:
    info = client.get("/info").raise_for_status().json()
    assert info["count"] == 5
    assert (info["modes"], info["default_mode"]) == (["lexical"], "lexical")
    assert info["fields"] == {"country": 2, "price": 1, "sour": 1, "year": 3}
    assert info["writable"] is True
    assert info["limits"]["k"] == 1000
    assert info["version"] == served.service.engine.snapshot.version


def test_a_missing_folder_is_told_before_anything_listens(tmp_path: Path) -> None:
    with pytest.raises(AcclimateError):
        serve(tmp_path / "absent", ServeSettings(port=0))
