"""Concurrent calls become batches, and nobody pays for another's bad item."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from acclimate.serve.batching import Batcher
from acclimate.serve.errors import Overloaded
from acclimate.serve.settings import Batching

SOON = 60.0


class Doubling:
    """Doubles numbers, and refuses negative ones; holds the first batch until told to go on."""

    def __init__(self, *, held: bool = False) -> None:
        self.batches: list[list[int]] = []
        self.begun = threading.Event()
        self.go_on = threading.Event()
        if not held:
            self.go_on.set()

    def __call__(self, items: list[int]) -> list[int]:
        self.batches.append(items)
        self.begun.set()
        assert self.go_on.wait(SOON)
        if any(item < 0 for item in items):
            raise ValueError("a negative number")
        return [2 * item for item in items]


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as pool:
        yield pool


def waiting(batcher: Batcher[int, int], count: int) -> None:
    """Come back when so many items wait."""
    done = threading.Event()
    for _ in range(2000):
        if batcher.waiting == count:
            return
        done.wait(0.005)
    raise AssertionError(f"{batcher.waiting} items wait, not {count}")


def behind_the_first(
    work: Doubling, batcher: Batcher[int, int], threads: ThreadPoolExecutor, items: list[int]
) -> list[Future[int]]:
    """Items that queue up while a first one (0) is in work."""
    first = threads.submit(batcher.get, 0)
    assert work.begun.wait(SOON)
    rest = []
    for place, item in enumerate(items, 1):
        rest.append(threads.submit(batcher.get, item))
        waiting(batcher, place)
    return [first, *rest]


def test_what_queues_up_while_a_batch_is_in_work_is_the_next_batch(
    threads: ThreadPoolExecutor,
) -> None:
    work = Doubling(held=True)
    batcher = Batcher("doubling", work)
    calls = behind_the_first(work, batcher, threads, [1, 2, 3])
    work.go_on.set()
    assert [call.result(SOON) for call in calls] == [0, 2, 4, 6]
    assert work.batches == [[0], [1, 2, 3]]


def test_a_batch_holds_at_most_so_many_items_oldest_first(threads: ThreadPoolExecutor) -> None:
    work = Doubling(held=True)
    batcher = Batcher("doubling", work, Batching(max_batch=2))
    calls = behind_the_first(work, batcher, threads, [1, 2, 3, 4, 5])
    work.go_on.set()
    wait(calls, SOON)
    assert work.batches == [[0], [1, 2], [3, 4], [5]]


def test_a_batch_waits_for_the_callers_that_are_under_way(threads: ThreadPoolExecutor) -> None:
    work = Doubling()
    patient = Batching(max_wait_ms=1000 * SOON)
    batcher = Batcher("doubling", work, patient, under_way=lambda: 5)
    calls = [threads.submit(batcher.get, item) for item in range(5)]
    assert [call.result(SOON) for call in calls] == [0, 2, 4, 6, 8]
    assert [len(batch) for batch in work.batches] == [5]


def test_a_lone_caller_does_not_wait() -> None:
    forever = Batching(max_wait_ms=1e9)
    assert Batcher("doubling", Doubling(), forever, under_way=lambda: 1).get(4) == 8
    assert Batcher("doubling", Doubling(), forever).get(4) == 8


def test_callers_that_never_come_are_waited_for_a_moment_only() -> None:
    assert Batcher("doubling", Doubling(), under_way=lambda: 50).get(4) == 8


def test_one_bad_item_does_not_spoil_the_others(threads: ThreadPoolExecutor) -> None:
    work = Doubling(held=True)
    batcher = Batcher("doubling", work)
    calls = behind_the_first(work, batcher, threads, [1, -2, 3])
    work.go_on.set()
    assert [calls[place].result(SOON) for place in (0, 1, 3)] == [0, 2, 6]
    with pytest.raises(ValueError, match="negative"):
        calls[2].result(SOON)
    assert work.batches == [[0], [1, -2, 3], [1], [-2], [3]]
    assert batcher.get(4) == 8


def test_too_few_results_are_an_error_and_not_an_endless_wait() -> None:
    batcher: Batcher[int, int] = Batcher("short", lambda items: [])
    with pytest.raises(RuntimeError, match="short: 0 results for 1 items"):
        batcher.get(1)


def test_a_full_queue_refuses_at_once_and_recovers(threads: ThreadPoolExecutor) -> None:
    work = Doubling(held=True)
    batcher = Batcher("doubling", work, Batching(max_queue=2))
    calls = behind_the_first(work, batcher, threads, [1, 2])
    with pytest.raises(Overloaded) as refused:
        batcher.get(3)
    assert refused.value.headers == {"Retry-After": "1"}
    assert refused.value.status == 503
    work.go_on.set()
    assert [call.result(SOON) for call in calls] == [0, 2, 4]
    assert batcher.get(3) == 6


def test_more_items_than_the_queue_holds_are_taken_when_it_is_empty() -> None:
    batcher = Batcher("doubling", Doubling(), Batching(max_queue=2, max_batch=2))
    assert batcher.get_all([1, 2, 3, 4, 5]) == [2, 4, 6, 8, 10]


def test_an_item_that_waits_too_long_is_refused_and_never_worked_on(
    threads: ThreadPoolExecutor,
) -> None:
    work = Doubling(held=True)
    batcher = Batcher("doubling", work, Batching(timeout=0.05))
    [first, late] = behind_the_first(work, batcher, threads, [1])
    with pytest.raises(Overloaded, match="waited too long"):
        late.result(SOON)
    work.go_on.set()
    # The first was begun before its time was over, so it is answered.
    assert first.result(SOON) == 0
    assert batcher.get(5) == 10
    assert work.batches == [[0], [5]]


def test_a_failure_takes_back_what_the_same_caller_still_has_waiting() -> None:
    seen: list[int] = []
    refused = threading.Event()

    def work(items: list[int]) -> list[int]:
        seen.extend(items)
        if items == [-1]:
            raise ValueError("a negative number")
        assert refused.wait(SOON)
        return items

    batcher = Batcher("careful", work, Batching(max_batch=1))
    with pytest.raises(ValueError, match="negative"):
        batcher.get_all([-1, 1, 2, 3, 4])
    refused.set()
    assert batcher.get(7) == 7
    # 1 may have begun before the failure was known.
    assert seen in ([-1, 7], [-1, 1, 7])


def test_closing_works_off_what_waits_and_takes_nothing_more(threads: ThreadPoolExecutor) -> None:
    work = Doubling(held=True)
    batcher = Batcher("doubling", work)
    calls = behind_the_first(work, batcher, threads, [1, 2])
    assert not batcher.close(timeout=0.01)
    with pytest.raises(Overloaded, match="stopping"):
        batcher.get(3)
    work.go_on.set()
    assert batcher.close(SOON)
    assert [call.result(SOON) for call in calls] == [0, 2, 4]


def test_batches_are_observed(threads: ThreadPoolExecutor) -> None:
    sizes: list[int] = []
    observe: Callable[[int], None] = sizes.append
    batcher = Batcher("doubling", Doubling(), Batching(max_batch=3), observe=observe)
    batcher.get_all([1, 2, 3, 4])
    assert sizes == [3, 1]
