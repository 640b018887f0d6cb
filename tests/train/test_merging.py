from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from test_loop import losses, same, task, trained, weights

from acclimate.models.dense import DenseEncoder
from acclimate.train.course import Course, Mixture, TrainPoint
from acclimate.train.merging import mixture
from toys import Toys


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, [1.0, 10.0]), (0.25, [2.0, 9.0]), (0.5, [3.0, 8.0]), (1.0, [5.0, 6.0])],
)
def test_mixture_lies_between_both_models(share: float, expected: list[float]) -> None:
    original, adapted = {"w": torch.tensor([1.0, 10.0])}, {"w": torch.tensor([5.0, 6.0])}
    assert mixture(original, adapted, share)["w"].tolist() == expected


def test_factors_product_has_the_share() -> None:
    original = {"a.lora_down": torch.tensor([[1.0, 1.0]]), "a.lora_up": torch.zeros(1, 1)}
    adapted = {"a.lora_down": torch.tensor([[4.0, 8.0]]), "a.lora_up": torch.tensor([[2.0]])}
    mixed = mixture(original, adapted, 0.25)
    gained = mixed["a.lora_up"] @ mixed["a.lora_down"]
    assert gained.tolist() == [[2.0, 4.0]]  # a quarter of 8 and 16


def course(*mixtures: tuple[float, float]) -> Course:
    points = [TrainPoint(step, 1.0, loss, 0.0) for step, loss in ((0, 3.0), (5, 2.0))]
    return Course(5, 5, 0.0, points, [Mixture(*each) for each in mixtures])


@pytest.mark.parametrize(
    ("mixtures", "share"),
    [
        ((), 1.0),
        (((0.25, 2.5), (0.5, 1.5), (1.0, 2.0)), 0.5),
        (((1.0, 2.0), (0.5, 2.0)), 0.5),  # of equals the one closer to the original
        (((0.5, 3.0), (0.75, 3.5)), 0.0),  # none is better than the original model
    ],
)
def test_mixture_with_the_least_held_out_loss_is_kept(
    mixtures: tuple[tuple[float, float], ...], share: float
) -> None:
    assert course(*mixtures).share == share


def test_start_that_no_step_beat_has_no_share_of_anything() -> None:
    assert Course(5, 0, 0.0, [TrainPoint(0, 1.0, 1.0, 0.0)]).share == 0.0


def test_training_leaves_the_mixture_that_held_out_queries_chose(toy: Toys, tmp_path: Path) -> None:
    # Steps far too long, so that halfway back is better than where they led.
    shares = (0.25, 0.5, 0.75, 1.0)
    wild = {"learning_rate": 6e-3, "max_steps": 8, "warmup_steps": 0}
    found, left = trained(toy, tmp_path, task(merge=shares, **wild), "float32")
    assert [each.share for each in found.mixtures] == list(shares)
    # All of the adapted weights is the best step itself, measured once more.
    assert found.mixtures[-1].held_out_loss == found.best_loss
    assert min(each.held_out_loss for each in found.mixtures) < found.best_loss
    assert 0 < found.share < 1
    start = weights(DenseEncoder.load(str(toy.encoder), dtype="float32"))
    adapted = load_file(tmp_path / "best.safetensors")
    for name, weight in left.items():
        assert torch.equal(weight, torch.lerp(start[name], adapted[name], found.share))
    again, resumed = trained(toy, tmp_path, task(merge=shares, **wild), "float32")
    assert (again.mixtures, losses(again)) == (found.mixtures, losses(found))
    assert same(resumed, left)


def test_nothing_is_mixed_where_no_step_beat_the_start(toy: Toys, tmp_path: Path) -> None:
    found, left = trained(toy, tmp_path, task(merge=(0.5,), learning_rate=0.0), "float32")
    assert (found.mixtures, found.share) == ([], 0.0)
    assert same(left, weights(DenseEncoder.load(str(toy.encoder), dtype="float32")))
