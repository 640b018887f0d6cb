"""What a student is asked to reproduce of its teacher. Shapes: (queries, candidates).

Column 0 is the positive. `mask` is False where a query has no candidate in that column.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from acclimate.errors import UsageError

Objective = Callable[[Tensor, Tensor, Tensor], Tensor]


def margin_mse(student: Tensor, teacher: Tensor, mask: Tensor) -> Tensor:
    """Mean squared difference of the margins (GPL paper, equation 1; arXiv 2010.02666)."""
    wanted = teacher[:, :1] - teacher[:, 1:]
    given = student[:, :1] - student[:, 1:]
    return ((given - wanted) ** 2)[mask[:, 1:]].mean()


def listwise_kl(student: Tensor, teacher: Tensor, mask: Tensor, temperature: float) -> Tensor:
    """KL divergence of the student's distribution over the candidates from the teacher's.

    arXiv 2505.19274; `temperature` softens the teacher's. Mean over queries.
    """
    teacher = (teacher / temperature).masked_fill(~mask, float("-inf"))
    student = student.masked_fill(~mask, float("-inf"))
    log_wanted = torch.log_softmax(teacher, dim=1)
    log_given = torch.log_softmax(student, dim=1)
    # Where the mask is False both logarithms are -inf, whose difference is no number.
    difference = (log_wanted - log_given).masked_fill(~mask, 0.0)
    return (log_wanted.exp() * difference).sum(dim=1).mean()


def mnrl(student: Tensor, teacher: Tensor, mask: Tensor) -> Tensor:
    """MultipleNegativesRanking, or InfoNCE: the positive against all candidates, by cross-entropy.

    GPL paper, section 2 (QGen); van den Oord et al., arXiv 1807.03748, equation 4. Mean over
    queries. It takes no labels: whatever stands in column 0 is right, and the rest is wrong.
    """
    del teacher
    every = student.masked_fill(~mask, float("-inf"))
    return (torch.logsumexp(every, dim=1) - student[:, 0]).mean()


def objective(name: str, temperature: float) -> Objective:
    """The objective that a recipe names."""
    if name == "mnrl":
        return mnrl
    if name == "margin-mse":
        return margin_mse
    if name == "kl":
        return lambda student, teacher, mask: listwise_kl(student, teacher, mask, temperature)
    raise UsageError(f"train.objective is {name!r}; choose margin-mse, kl or mnrl")
