"""A run folder over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from acclimate.adapt.finished import FOUND, stored_rows
from acclimate.adapt.gpl import adapt
from acclimate.adapt.result import Adaptation
from acclimate.corpus import open_corpus
from acclimate.errors import UsageError
from acclimate.serve.browse import Browser, spread
from acclimate.serve.handlers import add_handlers
from acclimate.serve.runs import run_router
from toys import Toys


@pytest.fixture(scope="module")
def finished(toy: Toys, tmp_path_factory: pytest.TempPathFactory) -> Adaptation:
    sys.path.append(str(Path(__file__).parents[1] / "adapt"))  # whose small run this is
    import tiny

    corpus = tiny.corpus(tmp_path_factory.mktemp("corpus"))
    return adapt(open_corpus(corpus), tmp_path_factory.mktemp("run"), tiny.recipe(toy))


@pytest.fixture(scope="module")
def client(finished: Adaptation) -> Iterator[TestClient]:
    browser = Browser(finished.folder)
    with _client(browser) as found:
        yield found
    browser.close()


def _client(browser: Browser | None) -> TestClient:
    app = FastAPI()
    app.include_router(run_router(browser))
    add_handlers(app)
    return TestClient(app)


def test_the_run_is_told_as_it_was_found(client: TestClient, finished: Adaptation) -> None:
    found = client.get("/run").json()
    assert found["verdict"] == finished.verdict
    assert found["recommended"] == finished.recommended
    assert [(each["name"], each["rows"]) for each in found["stages"]] == [
        (stage.name, stage.rows) for stage in finished.stages
    ]
    teacher = finished.teacher_check.teacher
    assert found["check"][0] == {
        "name": teacher.name,
        "teacher": True,
        "queries": teacher.queries,
        "over_random": _share(teacher.over_random),
        "over_mined": _share(teacher.over_mined),
    }
    assert [each["name"] for each in found["check"][1:]] == ["bm25", "student"]
    assert found["report"]


def _share(estimate: object) -> dict[str, float]:
    return {name: getattr(estimate, name) for name in ("value", "low", "high")}


def test_margins_are_those_that_were_trained_on(client: TestClient, finished: Adaptation) -> None:
    labelled = {row.query_id: row for row in stored_rows(finished.folder).labelled()}
    page = client.get("/run/queries", params={"limit": 100}).json()
    assert page["total"] == len(page["rows"]) == len(labelled)
    for row in page["rows"]:
        known = labelled[row["id"]]
        assert row["positive"]["passage"]["id"] == known.passage_ids[0]
        margins = {each["passage"]["id"]: each["margin"] for each in row["negatives"]}
        wanted = {each.negative_id: each.value for each in known.margins()}
        assert margins == pytest.approx(wanted, abs=1e-5)
        assert list(margins.values()) == sorted(margins.values())
        assert row["margin"] == pytest.approx(min(margins.values()), abs=1e-5)
        assert all(each["found_by"] for each in row["negatives"])
    spread = client.get("/run").json()["margins"]
    pairs = [value for row in labelled.values() for value in row.values[0] - row.values[1:]]
    assert spread["pairs"] == sum(each["count"] for each in spread["bins"]) == len(pairs)
    assert spread["below_zero"] == pytest.approx(sum(each < 0 for each in pairs) / len(pairs))


def test_queries_are_paged_and_sorted(client: TestClient) -> None:
    whole = client.get("/run/queries", params={"limit": 100}).json()["rows"]
    parts = [
        row
        for offset in range(0, len(whole), 7)
        for row in client.get("/run/queries", params={"limit": 7, "offset": offset}).json()["rows"]
    ]
    assert parts == whole
    margins = [row["margin"] for row in whole]
    assert margins == sorted(margins)
    clear = client.get("/run/queries", params={"limit": 100, "sort": "clear"}).json()["rows"]
    assert [row["margin"] for row in clear] == sorted(margins, reverse=True)
    assert client.get("/run/queries", params={"offset": 10_000}).json()["rows"] == []


def test_a_search_finds_words_and_passages_in_any_case(client: TestClient) -> None:
    first = client.get("/run/queries").json()["rows"][0]
    word = first["text"].split()[0]
    found = client.get("/run/queries", params={"search": word.upper(), "limit": 100}).json()
    assert found["rows"]
    assert all(word in row["text"] for row in found["rows"])
    passage = first["positive"]["passage"]["id"]
    found = client.get("/run/queries", params={"search": passage, "limit": 100}).json()
    assert first["id"] in {row["id"] for row in found["rows"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [("offset", "-1"), ("limit", "0"), ("limit", "101"), ("sort", "best"), ("search", "x" * 201)],
)
def test_bad_values_are_refused_by_name(client: TestClient, name: str, value: str) -> None:
    answer = client.get("/run/queries", params={name: value})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == name


def test_the_report_runs_as_nobody(client: TestClient) -> None:
    answer = client.get("/run/report")
    assert answer.text.startswith("<!doctype html>")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-scripts;")


@pytest.mark.parametrize("address", ["/run", "/run/queries", "/run/report"])
def test_without_a_run_the_remedy_is_told(address: str) -> None:
    answer = _client(None).get(address)
    assert answer.status_code == 404
    assert "--run" in answer.json()["error"]["remedy"]


def test_a_folder_without_a_finished_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=FOUND):
        Browser(tmp_path)


def test_margins_far_out_are_counted_in_the_outermost_bars() -> None:
    found = spread([*(float(n) for n in range(400)), 1e9])
    assert found is not None
    assert sum(each.count for each in found.bins) == 401
    assert found.bins[-1].high < 1e6
    assert spread([]) is None
    assert spread([2.0]) is not None
