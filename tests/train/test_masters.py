import pytest
import torch
from torch import nn

from acclimate.settings import TrainSettings
from acclimate.train.masters import Masters

SETTINGS = TrainSettings(learning_rate=1e-3, warmup_steps=0)


def one_weight(dtype: torch.dtype) -> nn.Linear:
    model = nn.Linear(1, 1, bias=False).to(dtype)
    nn.init.ones_(model.weight)
    return model


def push(model: nn.Module, masters: Masters, steps: range) -> None:
    """Steps with a gradient of 1, which AdamW turns into a change of the learning rate."""
    for step in steps:
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
        masters.collect()
        masters.step(step)


def test_update_too_small_for_bf16_is_kept() -> None:
    model = one_weight(torch.bfloat16)
    masters = Masters(model, SETTINGS, steps=1000)
    push(model, masters, range(1))
    assert model.weight.item() == 1.0  # the next number in bf16 is 0.996
    assert masters.weights["weight"].item() == pytest.approx(0.999, abs=1e-5)
    push(model, masters, range(1, 10))
    assert model.weight.item() == pytest.approx(0.990, abs=0.002)
    assert masters.weights["weight"].item() == pytest.approx(0.990, abs=1e-3)


def test_gradients_of_micro_batches_add_up_in_fp32() -> None:
    model = one_weight(torch.bfloat16)
    masters = Masters(model, SETTINGS, steps=10)
    for gradient in (256.0, 1.0):  # their sum is no number in bf16
        model.weight.grad = torch.full_like(model.weight, gradient)
        masters.collect()
        assert model.weight.grad is None
    assert masters.weights["weight"].grad is not None
    assert float(masters.weights["weight"].grad) == 257.0


def test_learning_rate_warms_up_and_decays_to_zero() -> None:
    model = one_weight(torch.float32)
    settings = TrainSettings(learning_rate=1.0, warmup_steps=3)
    masters = Masters(model, settings, steps=7)
    rates = []
    for step in range(7):
        push(model, masters, range(step, step + 1))
        rates.append(masters.optimiser.param_groups[0]["lr"])
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25])


def test_only_matrices_decay() -> None:
    model = nn.Linear(2, 2)
    nn.init.ones_(model.weight)
    nn.init.ones_(model.bias)
    masters = Masters(model, TrainSettings(learning_rate=0.1, weight_decay=0.5), steps=10)
    masters.step(5)
    assert bool((model.weight < 1.0).all())
    assert model.bias.tolist() == [1.0, 1.0]


def test_masters_go_on_from_a_saved_state_bit_for_bit() -> None:
    whole, first, second = (one_weight(torch.bfloat16) for _ in range(3))
    masters = Masters(whole, SETTINGS, steps=20)
    push(whole, masters, range(20))
    stopped, resumed = Masters(first, SETTINGS, steps=20), Masters(second, SETTINGS, steps=20)
    push(first, stopped, range(8))
    resumed.load({name: tensor.clone() for name, tensor in stopped.state().items()})
    assert torch.equal(second.weight, first.weight)
    push(second, resumed, range(8, 20))
    assert torch.equal(resumed.weights["weight"], masters.weights["weight"])
