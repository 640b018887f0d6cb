from acclimate.models.tokentree import token_tree


def test_what_continuations_share_is_read_once() -> None:
    tree = token_tree([1, 2], [[3, 4, 5], [3, 4, 6], [7], [3, 4]])
    # The last tokens 5, 6 and 7 are only foretold.
    assert tree.tokens == [1, 2, 3, 4]
    assert tree.depths == [0, 1, 2, 3]
    assert tree.steps == [[1, 2, 3], [1, 2, 3], [1], [1, 2]]


def test_branches_see_the_trunk_and_themselves_but_not_each_other() -> None:
    tree = token_tree([1, 2], [[3, 4, 0], [5, 0]])
    assert tree.tokens == [1, 2, 3, 4, 5]
    assert tree.sight().tolist() == [
        [True, False, False, False, False],
        [True, True, False, False, False],
        [True, True, True, False, False],
        [True, True, True, True, False],
        [True, True, False, False, True],
    ]
    assert tree.height == 4


def test_a_continuation_that_ends_inside_another_does_not_cut_it_short() -> None:
    for continuations in ([[3], [3, 4]], [[3, 4], [3]]):
        tree = token_tree([1], continuations)
        assert tree.tokens == [1, 3]
        assert sorted(tree.steps) == [[0], [0, 1]]
