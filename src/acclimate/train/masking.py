"""Hiding tokens that a language model shall predict (BERT, arXiv 1810.04805, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

#: Of the chosen tokens, so many are masked, and so many replaced by any other; the rest stay.
MASKED, REPLACED = 0.8, 0.1


@dataclass(frozen=True, slots=True)
class Hidden:
    """Token ids with some of them hidden; `chosen` says where, `wanted` what stood there."""

    ids: Tensor
    chosen: Tensor
    wanted: Tensor


def hide(
    ids: Tensor,
    content: Tensor,
    share: float,
    mask: int,
    vocabulary: int,
    draw: np.random.Generator,
) -> Hidden:
    """Choose a share of the tokens where `content` is True, at least one, and hide them.

    Shapes (texts, length); `mask` is the mask's id, `vocabulary` the number of ids.
    """
    order = torch.from_numpy(draw.random(tuple(ids.shape))).masked_fill(~content.cpu(), 2.0)
    chosen = order < max(share, float(order.min()) + 1e-12)
    fate = torch.from_numpy(draw.random(tuple(ids.shape)))
    others = torch.from_numpy(draw.integers(vocabulary, size=tuple(ids.shape)))
    given = torch.where(fate < MASKED + REPLACED, others, ids.cpu()).masked_fill(
        fate < MASKED, mask
    )
    where = (chosen & content.cpu()).to(ids.device)
    return Hidden(torch.where(where, given.to(ids.device), ids), where, ids[where])
