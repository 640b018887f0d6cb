"""The loss of CLIP on numbers that can be followed by hand, and the batches that it is fed with."""

import math
from itertools import islice

import numpy as np
import pytest
import torch

from acclimate.train.contrast import Captioned, batches, clip_loss, paired

#: Three captions' dot products with three pictures: rows are captions.
SCORES = [[2.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 3.0]]


def entropy(line: list[float], own: int) -> float:
    return -math.log(math.exp(line[own]) / sum(math.exp(each) for each in line))


def test_loss_counts_both_directions_alike_as_computed_by_hand() -> None:
    captions, pictures = torch.tensor(SCORES), torch.eye(3)
    to_pictures = sum(entropy(line, own) for own, line in enumerate(SCORES)) / 3
    columns = [list(each) for each in zip(*SCORES, strict=True)]
    to_captions = sum(entropy(line, own) for own, line in enumerate(columns)) / 3
    found = clip_loss(pictures, captions, torch.zeros(3, 3, dtype=torch.bool), 1.0)
    assert float(found) == pytest.approx((to_pictures + to_captions) / 2)


def test_scale_multiplies_every_score() -> None:
    captions, pictures = torch.tensor(SCORES), torch.eye(3)
    nothing = torch.zeros(3, 3, dtype=torch.bool)
    assert float(clip_loss(pictures, captions, nothing, 20.0)) == pytest.approx(
        float(clip_loss(pictures, captions * 20, nothing, 1.0))
    )


def test_what_belongs_to_another_picture_too_is_no_wrong_answer() -> None:
    captions, pictures = torch.tensor(SCORES), torch.eye(3)
    also = torch.zeros(3, 3, dtype=torch.bool)
    also[0, 2] = True
    lines = [[2.0, 0.0], SCORES[1], SCORES[2]]
    columns = [[2.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 3.0]]
    wanted = entropy(lines[0], 0) + entropy(lines[1], 1) + entropy(lines[2], 2)
    wanted += entropy(columns[0], 0) + entropy(columns[1], 1) + entropy(columns[2], 1)
    assert float(clip_loss(pictures, captions, also, 1.0)) == pytest.approx(wanted / 6)


GIVEN = [Captioned(row, np.arange(row * 5, row * 5 + 5 - row % 2)) for row in range(7)]


def test_every_caption_comes_once_in_an_epoch_and_no_picture_twice_in_a_batch() -> None:
    epoch = list(islice(batches(GIVEN, 1, seed=1), 4 * 7 + 4))
    said = [caption for batch in epoch for caption in batch.captions.tolist()]
    assert sorted(said) == sorted(caption for each in GIVEN for caption in each.captions.tolist())
    for batch in islice(batches(GIVEN, 3, seed=1), 20):
        assert len(set(batch.pictures.tolist())) == len(batch.pictures) == 3


def test_caption_stands_beside_its_own_picture() -> None:
    for batch in islice(batches(GIVEN, 3, seed=2), 20):
        for picture, caption in zip(batch.pictures, batch.captions, strict=True):
            assert caption in GIVEN[picture].captions


def test_same_seed_gives_the_same_batches() -> None:
    one, other = (list(islice(batches(GIVEN, 3, seed=3), 9)) for _ in range(2))
    for mine, yours in zip(one, other, strict=True):
        assert mine.captions.tolist() == yours.captions.tolist()


def test_caption_that_two_pictures_share_is_marked() -> None:
    given = [Captioned(0, np.array([0, 1])), Captioned(1, np.array([1, 2]))]
    pairs = paired(given, [1, 2])
    assert pairs.also.tolist() == [[False, True], [False, False]]


def test_every_batch_is_full_however_uneven_the_captions() -> None:
    many = Captioned(0, np.arange(20))
    given = [many, *(Captioned(n, np.array([20 + n])) for n in range(1, 9))]
    drawn = list(islice(batches(given, 4, seed=5), 12))
    assert {len(batch.pictures) for batch in drawn} == {4}
    few = next(batches(given, 32, seed=5))
    assert len(few.pictures) == len(given)
