from math import exp, log

import pytest
import torch
from torch import Tensor

from acclimate.errors import UsageError
from acclimate.train.objectives import listwise_kl, margin_mse, mnrl, objective

#: Three queries, the positive first; the last has one negative only.
STUDENT = [[3.0, 1.0, 0.0], [2.0, 4.0, 1.0], [1.0, 1.0, 9.0]]
TEACHER = [[5.0, 2.0, 1.0], [0.0, 3.0, 1.0], [2.0, 0.0, 7.0]]
MASK = torch.tensor([[True, True, True], [True, True, True], [True, True, False]])


def test_margin_mse_compares_signed_margins() -> None:
    # Student's margins: 2 3, -2 1, 0; teacher's: 3 4, -3 -1, 2.
    squares = [1, 1, 1, 4, 4]
    loss = margin_mse(torch.tensor(STUDENT), torch.tensor(TEACHER), MASK)
    assert float(loss) == pytest.approx(sum(squares) / 5)


def test_margin_mse_sees_which_way_a_margin_points() -> None:
    mask = torch.ones(1, 2, dtype=torch.bool)
    loss = margin_mse(torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 2.0]]), mask)
    assert float(loss) == 16


def test_kl_is_that_of_the_two_distributions() -> None:
    # Shares of 1/4 and 3/4 against 3/4 and 1/4, equal ones, and a third column that is masked.
    student = torch.tensor([[0.0, log(3), 50.0], [1.0, 1.0, 1.0], [log(3), 0.0, 1.0]])
    teacher = torch.tensor([[log(3), 0.0, -9.0], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0]])
    mask = torch.tensor([[True, True, False], [True, True, True], [True, True, False]])
    losses = [0.75 * log(3) + 0.25 * log(1 / 3), 0, 0.5 * log(2 / 3) + 0.5 * log(2)]
    loss = listwise_kl(student, teacher, mask, temperature=1.0)
    assert float(loss) == pytest.approx(sum(losses) / 3, abs=1e-6)


def test_temperature_softens_the_teacher_only() -> None:
    student, teacher = torch.tensor([[log(3), 0.0]]), torch.tensor([[2 * log(3), 0.0]])
    mask = torch.ones(1, 2, dtype=torch.bool)
    assert float(listwise_kl(student, teacher, mask, temperature=2.0)) == pytest.approx(0, abs=1e-6)
    assert float(listwise_kl(student, teacher, mask, temperature=1.0)) > 0.05


def test_mnrl_is_the_cross_entropy_of_the_positive() -> None:
    # Three passages at similarities .5, .3 and .1; each is the positive of one of three queries.
    student = torch.tensor([[0.5, 0.3, 0.1], [0.3, 0.5, 0.1], [0.1, 0.5, 0.3]])
    whole = exp(0.5) + exp(0.3) + exp(0.1)
    wanted = [-log(exp(positive) / whole) for positive in (0.5, 0.3, 0.1)]
    assert wanted[0] == pytest.approx(0.9119, abs=1e-4)
    mask = torch.ones(3, 3, dtype=torch.bool)
    assert float(mnrl(student, torch.zeros(3, 3), mask)) == pytest.approx(sum(wanted) / 3)


def test_mnrl_heeds_neither_labels_nor_masked_candidates() -> None:
    found = float(mnrl(torch.tensor([[1.0, 2.0, 99.0]]), torch.tensor([[0.0, 7.0, 7.0]]),
                       torch.tensor([[True, True, False]])))  # fmt: skip
    assert found == pytest.approx(log(exp(1) + exp(2)) - 1)


@pytest.mark.parametrize("name", ["margin-mse", "kl", "mnrl"])
def test_masked_candidates_have_no_gradient(name: str) -> None:
    student = torch.tensor(STUDENT, requires_grad=True)
    torch.autograd.backward(objective(name, 1.0)(student, torch.tensor(TEACHER), MASK))
    assert isinstance(student.grad, Tensor)
    assert bool(student.grad.isfinite().all())
    assert ((student.grad != 0) == MASK).tolist() == [[True] * 3] * 3


def test_unknown_objective_is_refused() -> None:
    with pytest.raises(UsageError, match="'mse'; choose margin-mse, kl or mnrl"):
        objective("mse", 1.0)
