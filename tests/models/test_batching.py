import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.models.batching import by_length, in_halves

ERRORS = [
    MemoryError(),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"),
    RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
]


class Doubling:
    """Doubles numbers, as many at once as there is room for, and notes how many."""

    def __init__(self, room: int, error: Exception) -> None:
        self.room, self.error = room, error
        self.sizes: list[int] = []

    def __call__(self, items: list[int]) -> list[int]:
        if len(items) > self.room:
            raise self.error
        self.sizes.append(len(items))
        return [2 * item for item in items]


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_batch_that_does_not_fit_is_halved_until_it_does(error: Exception) -> None:
    work = Doubling(3, error)
    assert in_halves(list(range(10)), work) == list(range(0, 20, 2))
    assert work.sizes == [2, 3, 2, 3]


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_one_item_that_does_not_fit_is_an_error(error: Exception) -> None:
    with pytest.raises(type(error)):
        in_halves([1, 2], Doubling(0, error))


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), ValueError("no")], ids=str)
def test_other_errors_pass_through_at_once(error: Exception) -> None:
    work = Doubling(1, error)
    with pytest.raises(type(error), match=str(error)):
        in_halves([1, 2, 3, 4], work)
    assert work.sizes == []


@given(st.lists(st.text(max_size=9)), st.integers(1, 5))
def test_results_stand_in_the_order_of_their_items(texts: list[str], size: int) -> None:
    batches: list[list[str]] = []

    def work(batch: list[str]) -> list[str]:
        batches.append(batch)
        return [text.upper() for text in batch]

    assert by_length(texts, len, work, size) == [text.upper() for text in texts]
    read = [text for batch in batches for text in batch]
    assert [len(text) for text in read] == sorted(map(len, texts), reverse=True)
    assert all(len(batch) <= size for batch in batches)
