"""The OpenAPI document, the page made from it, and the service held to it by Schemathesis."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served import KEY, Served, key_file, lexical_index, serving

from acclimate.serve.settings import Limits, ServeSettings

ROUTES = {
    "/search": {"get", "post"},
    "/search/picture": {"post"},
    "/thumbnails": {"get"},
    "/compare": {"post"},
    "/documents": {"get", "post", "delete"},
    "/documents/{id}": {"get", "delete"},
    "/info": {"get"},
    "/healthz": {"get"},
    "/readyz": {"get"},
    "/metrics": {"get"},
}


@pytest.fixture(scope="module")
def schema(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").raise_for_status().json()
    return found


def test_every_route_is_documented(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    shown = {path: set(methods) for path, methods in schema["paths"].items()}
    assert {path: shown.get(path) for path in ROUTES} == ROUTES


def test_limits_and_choices_are_documented_as_this_service_has_them(tmp_path: Path) -> None:
    own = ServeSettings(limits=Limits(query_characters=77, k=9), rerankers=())
    with serving(lexical_index(tmp_path / "index"), own) as served, served.client() as client:
        schema = client.get("/openapi.json").json()
        body = schema["components"]["schemas"]["SearchBody"]["properties"]
        assert (body["query"]["maxLength"], body["k"]["maximum"]) == (77, 9)
        assert body["mode"]["enum"] == ["", "lexical"]
        parameters = {
            each["name"]: each["schema"] for each in schema["paths"]["/search"]["get"]["parameters"]
        }
        assert (parameters["q"]["maxLength"], parameters["k"]["maximum"]) == (77, 9)
        assert client.post("/search", json={"query": "a" * 77, "k": 9}).status_code == 200
        assert client.post("/search", json={"query": "a" * 78}).status_code == 422
        assert client.post("/search", json={"query": "a", "k": 10}).status_code == 422


def test_only_writes_need_a_key_by_default(schema: dict[str, Any]) -> None:
    protected = {
        (method, path)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if "security" in operation
    }
    assert protected == {
        ("post", "/documents"),
        ("delete", "/documents"),
        ("delete", "/documents/{id}"),
    }


def test_the_page_of_routes_loads_nothing(client: httpx.Client, schema: dict[str, Any]) -> None:
    page = client.get("/docs").raise_for_status()
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for path in schema["paths"]:
        assert path in page.text
    assert "at most 2,000 characters" in page.text
    loaded = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", page.text)
    assert set(loaded) == {"/openapi.json"}
    assert "url(" not in page.text
    assert "<script" not in page.text


#: A filter follows a grammar, and two documents of one request cannot share an id: neither can be
#: said in a schema, so that some requests that fit it are refused with 422.
CONFIG = f"""
[auth.openapi.APIKeyHeader]
api_key = "{KEY}"

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "422"]
"""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
WHERES = st.text() | st.lists(
    st.sampled_from(["year", "country", "`a b`", "=", "<", "!=", "in", "not", "and", "or", "(", ")",
                     ",", "1", "'x'", "is", "null", "contains", "true", "1e999", "-0.0"]),
    max_size=12,
).map(" ".join)  # fmt: skip
SEARCHES = st.fixed_dictionaries(
    {"query": st.text() | JSON},
    optional={
        "k": st.integers(-5, 1005) | JSON,
        "mode": st.sampled_from(["lexical", "dense", "hybrid", ""]) | JSON,
        "where": WHERES | JSON,
        "rerank": JSON,
        "rerank_top": JSON,
        "explain": st.booleans() | JSON,
    },
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=SEARCHES | JSON)
def test_no_search_is_a_failure_of_the_service(client: httpx.Client, body: Any) -> None:
    answer = client.post("/search", json=body)
    assert answer.status_code in (200, 422)
    assert ("error" in answer.json()) == (answer.status_code != 200)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_are_a_failure_of_the_service(client: httpx.Client, content: bytes) -> None:
    for address in ("/search", "/compare"):
        headers = {"Content-Type": "application/json"}
        assert client.post(address, content=content, headers=headers).status_code in (400, 422)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service whose documents may be changed at will."""
    folder = tmp_path_factory.mktemp("fuzzed")
    with serving(
        lexical_index(folder / "index"), ServeSettings(api_key_file=key_file(folder))
    ) as found:
        yield found


def test_schemathesis_finds_nothing(own: Served, tmp_path: Path) -> None:
    """Few examples, as it runs with all other tests; docs/service.md has a command for more."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run",
         f"{own.url}/openapi.json", "--max-examples", "3",
         "--phases", "examples,fuzzing,stateful", "--seed", "1", "--no-color",
         "--report-dir", str(tmp_path)],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
