"""What is asked of translations: to be nearer to each other than to any other of the batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from acclimate.multilingual.pair_settings import RankSettings


def additive_margin(
    sources: Tensor, targets: Tensor, same: Tensor, settings: RankSettings
) -> Tensor:
    """Translation ranking with additive margin softmax, both directions added up.

    LaBSE, arXiv 2007.01852, section 2.2, equations 1 to 3, with a temperature. Unit vectors of
    shape (pairs, dimension); `same` is True where a sentence of one pair is also one of the other,
    so that they are no negatives of each other. Mean over the pairs.
    """
    cosines = sources @ targets.T
    own = torch.eye(len(cosines), device=cosines.device)
    scores = (cosines - settings.margin * own) * settings.scale
    scores = scores.masked_fill(same & ~own.bool(), float("-inf"))
    right = scores.diagonal()
    forward = torch.logsumexp(scores, dim=1) - right
    backward = torch.logsumexp(scores, dim=0) - right
    return (forward + backward).mean()


def same_texts(pairs: Sequence[tuple[str, str]]) -> Tensor:
    """Shape (pairs, pairs): True where the sources or the targets are word for word the same."""
    found = np.zeros((len(pairs), len(pairs)), dtype=np.bool_)
    for side in (0, 1):
        _, texts = np.unique([pair[side] for pair in pairs], return_inverse=True)
        found |= texts[:, None] == texts[None, :]
    return torch.from_numpy(found)
