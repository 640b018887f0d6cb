from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.errors import UsageError
from acclimate.settings import TrainSettings
from acclimate.train.batches import Batch, Example, assemble, batches
from acclimate.train.topics import partition

ROWS = st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True)


def example(query: int, rows: list[int]) -> Example:
    """A query whose label for a row tells both: 7.12 is the seventh query's for row 12."""
    values = np.array([label(query, row) for row in rows], dtype=np.float32)
    return Example(f"q{query}", np.array(rows), values)


def label(query: int, row: int) -> float:
    return float(np.float32(query + row / 100))


def candidates(batch: Batch) -> dict[str, list[int]]:
    """Each query's rows, after a look at their labels."""
    found = {}
    for line, query in enumerate(batch.queries):
        shown = batch.mask[line]
        rows = [batch.passages[place] for place in batch.cells[line][shown]]
        assert batch.values[line][shown].tolist() == [label(int(query[1:]), row) for row in rows]
        found[query] = rows
    return found


VECTORS = np.random.default_rng(0).standard_normal((60, 4))
TOPICS_SEED = 9


def drawn(examples: list[Example], count: int, seed: int = 1, **settings: int) -> list[Batch]:
    wanted = TrainSettings(seed=seed, **settings)  # type: ignore[arg-type]
    return list(islice(batches(examples, VECTORS, wanted, TOPICS_SEED), count))


def same(one: list[Batch], other: list[Batch]) -> bool:
    return [candidates(batch) for batch in one] == [candidates(batch) for batch in other]


@given(st.lists(ROWS, min_size=1, max_size=8))
def test_batch_names_each_passage_once_and_cells_point_to_it(rows: list[list[int]]) -> None:
    batch = assemble([example(query, each) for query, each in enumerate(rows)])
    assert sorted(set(batch.passages)) == list(batch.passages)
    assert candidates(batch) == {f"q{query}": each for query, each in enumerate(rows)}


EXAMPLES = [example(query, [query, *range(40, 50)]) for query in range(10)]


@pytest.mark.parametrize("negatives", [1, 3])
def test_random_batches_hold_the_positive_and_so_many_negatives(negatives: int) -> None:
    found = drawn(EXAMPLES, 2, per_device_train_batch_size=4, negatives=negatives)
    rows = {query: rows for batch in found for query, rows in candidates(batch).items()}
    assert len(rows) == 8  # two batches of four, no query twice
    for query, (positive, *others) in rows.items():
        assert f"q{positive}" == query
        assert len(set(others)) == negatives
        assert set(others) <= set(range(40, 50))


def test_negatives_are_drawn_anew_each_epoch() -> None:
    found = drawn(EXAMPLES, 30, per_device_train_batch_size=10)
    negatives = {candidates(batch)["q0"][1] for batch in found}
    assert len(negatives) > 5


def test_query_with_few_negatives_is_trained_with_those_it_has() -> None:
    [batch] = drawn([example(0, [3, 4]), example(1, [5, 6, 7, 8])], 1, negatives=3)
    assert {len(rows) for rows in candidates(batch).values()} == {2, 4}


@pytest.mark.parametrize("topic_passages", [0, 6])
def test_same_seed_gives_the_same_batches(topic_passages: int) -> None:
    examples = [example(query, [query, *range(query + 1, 60)]) for query in range(30)]
    one, again, other = (
        drawn(examples, 20, seed, per_device_train_batch_size=4, topic_passages=topic_passages)
        for seed in (1, 1, 2)
    )
    assert same(one, again)
    assert not same(one, other)


@given(st.integers(7, 60), st.integers(3, 6), st.integers(0, 99))
def test_topic_batches_hold_each_query_once_an_epoch(count: int, size: int, seed: int) -> None:
    examples = [example(q, [q, *(row for row in range(60) if row != q)]) for q in range(count)]
    found = iter(drawn(examples, 30, seed, topic_passages=size))
    for _ in range(3):
        seen: list[str] = []
        while len(seen) < count:
            rows = candidates(next(found))
            assert all(f"q{own[0]}" == query for query, own in rows.items())
            seen += rows
        assert sorted(seen) == sorted(each.query for each in examples)


@given(st.lists(ROWS, min_size=1, max_size=12), st.integers(2, 8), st.integers(0, 99))
def test_query_is_compared_with_the_labelled_passages_of_its_own_group_only(
    rows: list[list[int]], size: int, seed: int
) -> None:
    examples = [example(query, each) for query, each in enumerate(rows)]
    try:
        found = drawn(examples, 9, seed, topic_passages=size, topic_partitions=1)
    except UsageError:
        return  # so few labels that no query has one for another passage of its group
    groups = [set(group.tolist()) for group in partition(VECTORS, size, TOPICS_SEED, 0)]
    for batch in found:
        for query, kept in candidates(batch).items():
            [group] = [group for group in groups if rows[int(query[1:])][0] in group]
            assert kept == [row for row in rows[int(query[1:])] if row in group]
            assert kept[0] == rows[int(query[1:])][0]
            assert len(kept) > 1


def test_topic_batch_holds_so_many_queries_at_most() -> None:
    examples = [example(q, [q % 60, *(r for r in range(60) if r != q % 60)]) for q in range(600)]
    found = drawn(examples, 50, topic_passages=8, per_device_train_batch_size=5)
    assert {len(batch.queries) for batch in found} == {5}


def test_groups_with_few_queries_share_a_batch_of_bounded_size() -> None:
    examples = [example(q, [q, *(row for row in range(60) if row != q)]) for q in range(0, 60, 7)]
    found = drawn(examples, 20, topic_passages=4, per_device_train_batch_size=40)
    assert max(len(batch.queries) for batch in found) > 1
    assert all(len(batch.passages) < 20 for batch in found)


def test_partitions_take_turns_epoch_by_epoch() -> None:
    examples = [example(q, [q, *(row for row in range(60) if row != q)]) for q in range(60)]
    groups = len(partition(VECTORS, 8, TOPICS_SEED, 0))
    settings = {"topic_passages": 8, "per_device_train_batch_size": 8}
    found = [tuple(batch.passages) for batch in drawn(examples, 4 * groups, **settings)]
    first, second, third, fourth = (
        set(found[start : start + groups]) for start in range(0, 4 * groups, groups)
    )
    assert first == third == {tuple(group) for group in partition(VECTORS, 8, TOPICS_SEED, 0)}
    assert second == fourth == {tuple(group) for group in partition(VECTORS, 8, TOPICS_SEED, 1)}
    assert first != second


def test_topic_batches_without_common_labels_are_refused_instead_of_sought_forever() -> None:
    examples = [example(0, [0]), example(1, [1])]
    with pytest.raises(UsageError, match=r"train\.topic_passages: no query has a label"):
        drawn(examples, 1, topic_passages=4)


def in_batch(examples: list[Example], **settings: int) -> dict[str, list[int]]:
    """Each query's rows in the first batch for mnrl."""
    wanted = TrainSettings(objective="mnrl", seed=1, **settings)  # type: ignore[arg-type]
    batch = next(batches(examples, VECTORS, wanted, TOPICS_SEED))
    return {
        query: [batch.passages[place] for place in batch.cells[line][batch.mask[line]]]
        for line, query in enumerate(batch.queries)
    }


@pytest.mark.parametrize("negatives", [0, 1])
def test_query_of_mnrl_is_compared_with_all_passages_of_its_batch(negatives: int) -> None:
    examples = [example(query, [query, 40 + query]) for query in range(3)]
    rows = in_batch(examples, negatives=negatives, per_device_train_batch_size=3)
    present = {0, 1, 2} | ({40, 41, 42} if negatives else set())
    for query, (positive, *others) in rows.items():
        assert f"q{positive}" == query
        assert sorted(others) == sorted(present - {positive})


def test_other_positive_of_the_same_words_is_no_negative() -> None:
    # Row 5 answers q0 too, and stands in the batch as somebody else's candidate.
    examples = [example(0, [0]), example(1, [1, 5]), example(2, [2, 0]), example(0, [5])]
    rows = in_batch(examples, negatives=1, per_device_train_batch_size=4)
    assert {query: sorted(each) for query, each in rows.items() if query != "q0"} == {
        "q1": [0, 1, 2, 5],
        "q2": [0, 1, 2, 5],
    }
    assert rows["q0"][0] in (0, 5)
    assert sorted(rows["q0"][1:]) == [1, 2]


def test_topic_batch_of_mnrl_holds_its_groups_passages_as_negatives() -> None:
    examples = [example(q, [q, *(row for row in range(60) if row != q)]) for q in range(60)]
    rows = in_batch(examples, topic_passages=8, per_device_train_batch_size=8)
    groups = [set(group.tolist()) for group in partition(VECTORS, 8, TOPICS_SEED, 0)]
    assert all(set(each) in groups for each in rows.values())
