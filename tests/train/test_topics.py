import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from acclimate.train.topics import partition


@given(st.integers(1, 80), st.integers(1, 9), st.integers(0, 99), st.integers(0, 3))
def test_each_passage_is_in_one_group_of_at_most_the_wanted_size(
    count: int, size: int, seed: int, number: int
) -> None:
    # Some vectors are equal, as those of exact duplicates are.
    vectors = np.random.default_rng(seed).integers(0, 3, (count, 2)).astype(np.float32)
    groups = partition(vectors, size, seed, number)
    assert sorted(row for group in groups for row in group.tolist()) == list(range(count))
    assert max(map(len, groups)) <= size
    again = partition(vectors, size, seed, number)
    assert [group.tolist() for group in again] == [group.tolist() for group in groups]


def test_another_number_gives_other_groups() -> None:
    vectors = np.random.default_rng(0).standard_normal((40, 4))
    found = [
        {tuple(group) for group in partition(vectors, 8, seed=1, number=number)}
        for number in range(3)
    ]
    assert found[0] != found[1] != found[2] != found[0]


def test_passages_of_a_group_are_alike() -> None:
    topics = np.repeat(np.eye(4), 8, axis=0)
    vectors = topics + np.random.default_rng(0).standard_normal((32, 4)) / 100
    for number in range(5):
        alike = [
            float((topics[group] @ topics[group].T).mean())
            for group in partition(vectors, 8, seed=1, number=number)
        ]
        # A random group would hold two passages of each topic: a quarter of its pairs are alike.
        assert sum(alike) / len(alike) > 0.45
