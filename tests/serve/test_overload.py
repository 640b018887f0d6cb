"""Too much at once is refused at once, and does no lasting harm; slow and vanished clients too."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from served import SOON, Served, dense_index, key_file, lexical_index, serving

from acclimate.models.base import Encoder, Similarity, Vectors
from acclimate.serve.models import BatchedEncoder, ServingModels
from acclimate.serve.settings import Concurrency, Limits, ServeSettings


class Slow:
    """A real encoder whose queries wait until they are let go; remembers its batches."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.name, self.identity = encoder.name, encoder.identity
        self.similarity: Similarity = encoder.similarity
        self.dimension = encoder.dimension
        self.batches: list[list[str]] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        assert self.go_on.wait(SOON)
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode_passages(texts)


class SlowModels(ServingModels):
    """Serves a slow encoder."""

    def __init__(self, settings: ServeSettings) -> None:
        super().__init__(settings.batching)
        self.slow: Slow | None = None

    def dense(self, name: str) -> Encoder:
        def load() -> BatchedEncoder:
            inner = super(ServingModels, self).dense(name)
            self.slow = Slow(inner)
            return BatchedEncoder(self.slow, self.batchers)

        return self._once("slow", name, load)


SETTINGS = ServeSettings(concurrency=Concurrency(searches=4, waiting=2, waiting_seconds=SOON))


@pytest.fixture
def slow(tmp_path: Path, encoder_folder: Path) -> Iterator[tuple[Served, Slow]]:
    models = SlowModels(SETTINGS)
    with serving(dense_index(tmp_path / "index", encoder_folder), SETTINGS, models) as found:
        assert models.slow
        yield found, models.slow
        models.slow.go_on.set()


def until(condition: Callable[[], bool]) -> None:
    for _ in range(4000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("it never happened")


def test_queries_of_several_requests_are_encoded_together(slow: tuple[Served, Slow]) -> None:
    served, encoder = slow
    encoder.batches.clear()
    with hold(encoder), served.client() as client, ThreadPoolExecutor(8) as threads:
        calls = [ask(threads, client, "first")]
        until(lambda: encoder.batches == [["first"]])
        calls += [ask(threads, client, text) for text in ("second", "third", "third")]
        until(lambda: served.service._flight.count == 4)
        until(lambda: 'queue_items{queue="models"} 3.0' in client.get("/metrics").text)
        encoder.go_on.set()
        answers = [call.result(SOON) for call in calls]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert [sorted(batch) for batch in encoder.batches] == [["first"], ["second", "third"]]
    assert [answer.json()["query"] for answer in answers] == ["first", "second", "third", "third"]


def test_a_request_too_many_is_told_when_to_come_back_and_then_served(
    slow: tuple[Served, Slow],
) -> None:
    served, encoder = slow
    with hold(encoder), served.client() as client, ThreadPoolExecutor(8) as threads:
        calls = [ask(threads, client, f"number {n}") for n in range(6)]
        until(lambda: served.service.gate.waiting == 2)
        refused = client.post("/search", json={"query": "one too many"})
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        assert "wait already" in refused.json()["error"]["message"]
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200
        encoder.go_on.set()
        assert [call.result(SOON).status_code for call in calls] == [200] * 6
        assert client.post("/search", json={"query": "one too many"}).status_code == 200
        counts = client.get("/metrics").text
    assert 'acclimate_rejected_total{route="/search"} 1.0' in counts


def test_what_a_client_asked_that_left_while_waiting_is_never_searched(
    slow: tuple[Served, Slow],
) -> None:
    served, encoder = slow
    encoder.batches.clear()
    with hold(encoder), served.client() as client, ThreadPoolExecutor(8) as threads:
        calls = [ask(threads, client, f"number {n}") for n in range(4)]
        until(lambda: served.service._flight.count == 4)
        with pytest.raises(httpx.ReadTimeout):
            client.post("/search", json={"query": "impatient"}, timeout=0.2)
        until(lambda: served.service.gate.waiting == 1)
        encoder.go_on.set()
        assert [call.result(SOON).status_code for call in calls] == [200] * 4
        until(lambda: 'status="499"' in client.get("/metrics").text)
    assert "impatient" not in {text for batch in encoder.batches for text in batch}
    until(lambda: served.service._flight.count == served.service.gate.waiting == 0)


def test_one_client_can_be_held_to_so_many_requests(tmp_path: Path, encoder_folder: Path) -> None:
    settings = ServeSettings(concurrency=Concurrency(per_client=1))
    models = SlowModels(settings)
    with serving(dense_index(tmp_path / "index", encoder_folder), settings, models) as served:
        assert models.slow
        with hold(models.slow), served.client() as client, ThreadPoolExecutor(2) as threads:
            call = ask(threads, client, "first")
            until(lambda: served.service._flight.count == 1)
            refused = client.post("/search", json={"query": "second"})
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
            models.slow.go_on.set()
            assert call.result(SOON).status_code == 200
            assert client.post("/search", json={"query": "second"}).status_code == 200


def test_a_body_that_does_not_arrive_is_given_up(tmp_path: Path) -> None:
    impatient = ServeSettings(limits=Limits(body_seconds=0.2))
    head = b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with serving(lexical_index(tmp_path / "index"), impatient) as served:
        answer = spoken(served, head + b'Content-Length: 100\r\n\r\n{"query": "')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"did not arrive" in answer


def test_a_write_without_a_key_is_refused_before_its_body_is_read(tmp_path: Path) -> None:
    settings = ServeSettings(api_key_file=key_file(tmp_path))
    head = b"POST /documents HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with serving(lexical_index(tmp_path / "index"), settings) as served:
        answer = spoken(served, head + b"Content-Length: 9000000\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in answer.lower()


def test_bodies_that_arrive_together_are_held_to_a_limit(tmp_path: Path) -> None:
    settings = ServeSettings(concurrency=Concurrency(bodies_bytes=1_000))
    head = b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    wanted = {"query": "capital", "where": f"id != '{'x' * 300}'"}
    with serving(lexical_index(tmp_path / "index"), settings) as served, served.client() as client:
        with socket.create_connection(address(served), SOON) as slow:
            slow.sendall(head + b"Content-Length: 2000\r\n\r\n" + b"{" + b" " * 899)
            until(lambda: client.post("/search", json=wanted).status_code == 503)
            refused = client.post("/search", json=wanted)
            assert int(refused.headers["Retry-After"]) >= 1
            assert client.post("/search", json={"query": "capital"}).status_code == 200
        until(lambda: client.post("/search", json=wanted).status_code == 200)


def test_too_many_connections_are_told_when_to_come_back(tmp_path: Path) -> None:
    with serving(lexical_index(tmp_path / "index"), ServeSettings()) as served:
        served.service.connections = lambda: 2_001
        with served.client() as client:
            refused = client.post("/search", json={"query": "capital"})
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
            served.service.connections = lambda: 2_000
            assert client.post("/search", json={"query": "capital"}).status_code == 200


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50),
        b"GET\r\n\r\n",
        b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"GET /search?q=%zz&k=%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"FLY /search HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
def test_nonsense_is_refused_without_a_failure(slow: tuple[Served, Slow], nonsense: bytes) -> None:
    served, _ = slow
    answer = spoken(served, nonsense)
    assert answer.startswith(b"HTTP/1.1 4") or answer == b""
    with served.client() as client:
        assert client.get("/healthz").status_code == 200
        assert 'status="500"' not in client.get("/metrics").text


def test_clients_that_vanish_leave_nothing_behind(tmp_path: Path) -> None:
    with serving(lexical_index(tmp_path / "index"), ServeSettings()) as served:
        body = b'{"query": "capital"}'
        whole = (
            b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        for end in range(0, len(whole) + 1, 7):
            with socket.create_connection(address(served), SOON) as connection:
                connection.sendall(whole[:end])
        with served.client() as client:
            until(lambda: "acclimate_requests_under_way 1.0" in client.get("/metrics").text)
            assert 'status="500"' not in client.get("/metrics").text
        service = served.service
        until(lambda: (service._flight.count, service.gate.waiting) == (0, 0))


class hold:  # noqa: N801
    """Within the block the encoder waits; it is let go at the end, whatever happens."""

    def __init__(self, encoder: Slow) -> None:
        self._encoder = encoder

    def __enter__(self) -> None:
        self._encoder.go_on.clear()

    def __exit__(self, *_: object) -> None:
        self._encoder.go_on.set()


def ask(threads: ThreadPoolExecutor, client: httpx.Client, query: str) -> Future[httpx.Response]:
    body = {"query": query, "mode": "dense"}
    return threads.submit(client.post, "/search", json=body)


def address(served: Served) -> tuple[str, int]:
    url = httpx.URL(served.url)
    assert url.port
    return url.host, url.port


def spoken(served: Served, said: bytes) -> bytes:
    """What the service answers to these bytes until it ends the connection."""
    with socket.create_connection(address(served), SOON) as connection:
        try:
            connection.sendall(said)
            heard = b""
            while piece := connection.recv(65_536):
                heard += piece
        except ConnectionError:
            pass
        return heard
