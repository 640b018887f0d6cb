from __future__ import annotations

import threading

from acclimate.serve.turns import Turns

SOON = 60.0


def test_short_work_gets_its_turn_before_long_work_that_asked_earlier() -> None:
    turns, done = Turns(), list[str]()

    def work(kind: str) -> None:
        with turns.short() if kind == "short" else turns.long():
            done.append(kind)

    with turns.long():
        threads = [threading.Thread(target=work, args=["short"])]
        threads[0].start()
        while not turns._short:
            pass
        threads.append(threading.Thread(target=work, args=["long"]))
        threads[1].start()
        threads[1].join(0.02)  # it waits, whatever the lock would have it do
    for thread in threads:
        thread.join(SOON)
    assert done == ["short", "long"]


def test_long_work_is_not_kept_out_for_ever() -> None:
    turns, ended = Turns(), threading.Event()

    def short() -> None:
        while not ended.is_set():
            with turns.short():
                pass

    thread = threading.Thread(target=short)
    thread.start()
    for _ in range(3):
        with turns.long():
            pass
    ended.set()
    thread.join(SOON)
    assert not thread.is_alive()


def test_an_error_gives_the_turn_back() -> None:
    turns = Turns()
    for turn in (turns.short, turns.long):
        try:
            with turn():
                raise ValueError
        except ValueError:
            pass
    with turns.long():
        assert turns._short == 0
