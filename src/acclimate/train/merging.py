"""Adapted weights mixed with the original ones (LM-Cocktail, Xiao et al., arXiv 2311.13534).

Training for one corpus costs a model some of what it knew beside it. Between the weights before and
after lie models that keep most of both; held-out queries choose among a few of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from acclimate.train.lora import DOWN

Weights = Mapping[str, Tensor]


def mixture(original: Weights, adapted: Weights, share: float) -> dict[str, Tensor]:
    """share * adapted + (1 - share) * original, weight by weight.

    Of a layer with LoRA's factors only `up` is mixed, which began as zero: what the layer gained is
    the product of both factors, and has this share then.
    """
    return {
        name: weight if name.endswith(DOWN) else torch.lerp(original[name], weight, share)
        for name, weight in adapted.items()
    }
