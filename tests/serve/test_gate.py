"""A bounded number of searches runs, a bounded number waits, and one more is refused at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from acclimate.serve.errors import ClientGone, Overloaded, TooMany
from acclimate.serve.gate import Clients, Flight, Gate
from acclimate.serve.settings import Concurrency

SOON = 60.0


async def here() -> bool:
    return False


async def gone() -> bool:
    return True


class Held:
    """Blocking work that tells when it has begun, and waits to be let go."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        self.begun.release()
        assert self.go_on.wait(SOON)
        return "done"


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never happened")


def test_all_pieces_of_one_request_run_at_once_and_answer_in_order() -> None:
    meeting = threading.Barrier(3)

    def piece(number: int) -> int:
        meeting.wait(SOON)  # only passes when all three are here
        return number

    async def run() -> list[int]:
        gate = Gate(Concurrency(searches=1))
        return await gate.run(here, [lambda: piece(1), lambda: piece(2), lambda: piece(3)])

    assert asyncio.run(run()) == [1, 2, 3]


def test_beyond_the_places_and_the_waiting_room_a_request_is_refused() -> None:
    work = Held()

    async def run() -> None:
        gate = Gate(Concurrency(searches=1, waiting=1))
        running = asyncio.create_task(gate.run(here, [work]))
        await until(lambda: work.count == 1)
        waiting = asyncio.create_task(gate.run(here, [work]))
        await until(lambda: gate.waiting == 1)
        with pytest.raises(Overloaded) as refused:
            await gate.run(here, [work])
        assert refused.value.headers["Retry-After"]
        work.go_on.set()
        assert await running == await waiting == ["done"]
        assert await gate.run(here, [work]) == ["done"]
        assert gate.waiting == 0

    asyncio.run(run())


def test_a_burst_that_fits_is_taken_whole() -> None:
    work = Held()

    async def run() -> None:
        gate = Gate(Concurrency(searches=3, waiting=1))
        calls = [asyncio.create_task(gate.run(here, [work])) for _ in range(4)]
        await until(lambda: (work.count, gate.waiting) == (3, 1))
        work.go_on.set()
        assert await asyncio.gather(*calls) == [["done"]] * 4

    asyncio.run(run())


def test_a_request_that_waits_too_long_is_refused_and_its_place_in_the_queue_freed() -> None:
    work = Held()

    async def run() -> None:
        gate = Gate(Concurrency(searches=1, waiting_seconds=0.02))
        running = asyncio.create_task(gate.run(here, [work]))
        await until(lambda: work.count == 1)
        with pytest.raises(Overloaded, match="too long"):
            await gate.run(here, [work])
        assert gate.waiting == 0
        work.go_on.set()
        await running
        assert work.count == 1

    asyncio.run(run())


def test_nothing_is_done_for_a_client_that_has_left() -> None:
    work = Held()

    async def run() -> None:
        gate = Gate(Concurrency(searches=1))
        with pytest.raises(ClientGone):
            await gate.run(gone, [work])
        work.go_on.set()
        assert await gate.run(here, [work]) == ["done"]
        assert work.count == 1

    asyncio.run(run())


def test_a_failing_piece_gives_its_place_back() -> None:
    def fails() -> str:
        raise ValueError("no")

    async def run() -> None:
        gate = Gate(Concurrency(searches=1))
        for _ in range(3):
            with pytest.raises(ValueError, match="no"):
                await gate.run(here, [fails, lambda: "yes"])
        assert await gate.run(here, [lambda: "yes"]) == ["yes"]

    asyncio.run(run())


def test_a_cancelled_request_gives_its_place_back_when_its_work_has_ended() -> None:
    work = Held()

    async def run() -> None:
        gate = Gate(Concurrency(searches=1))
        running = asyncio.create_task(gate.run(here, [work]))
        await until(lambda: work.count == 1)
        running.cancel()
        work.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await gate.run(here, [work]) == ["done"]

    asyncio.run(run())


def test_a_client_may_have_so_many_requests_under_way() -> None:
    clients = Clients(2)
    with clients.one("a"), clients.one("a"):
        with pytest.raises(TooMany) as refused, clients.one("a"):
            pass
        assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "1"})
        with clients.one("b"):
            pass
    with clients.one("a"):
        pass


def test_no_limit_for_a_client_unless_one_is_set() -> None:
    clients = Clients(0)
    entered = 0
    with clients.one("a"), clients.one("a"), clients.one("a"):
        entered += 1
    assert entered == 1


def test_searches_under_way_are_counted() -> None:
    flight = Flight()
    with flight.one(), flight.one():
        assert flight.count == 2
    assert flight.count == 0
