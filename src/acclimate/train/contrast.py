"""Pictures and captions that find each other: the loss of CLIP, and batches for it.

Radford et al., arXiv 2103.00020, figure 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Captioned:
    """A picture and its captions, by their rows among all pictures and all distinct captions."""

    picture: int
    captions: Integers


@dataclass(frozen=True, slots=True)
class Pairs:
    """As many pictures as captions, of which those at the same place belong together.

    also: (captions, pictures), True where a caption is said of another of the pictures, too.
    """

    pictures: Integers
    captions: Integers
    also: Truths


def clip_loss(pictures: Tensor, captions: Tensor, also: Tensor, scale: float) -> Tensor:
    """InfoNCE in both directions, each counting half; vectors of shape (pairs, dimension).

    `scale` is one over the temperature. What is marked in `also` is neither right nor wrong.
    """
    scores = (captions @ pictures.T * scale).masked_fill(also, float("-inf"))
    own = torch.arange(len(scores), device=scores.device)
    return (cross_entropy(scores, own) + cross_entropy(scores.T, own)) / 2


def batches(given: Sequence[Captioned], size: int, seed: int) -> Iterator[Pairs]:
    """Pairs without end, epoch after epoch; the same ones for the same seed.

    A caption comes at most once in an epoch. A batch holds no picture twice, so that no caption is
    taken for a wrong one of its own picture; and it is full, as the loss depends on its size,
    unless there are fewer pictures in all. So where some pictures have more captions than most,
    some of these stay out, in each epoch others.
    """
    size, epoch = min(size, len(given)), 0
    while True:
        random = np.random.default_rng((seed, epoch))
        shuffled = [random.permutation(each.captions) for each in given]
        for turn in range(max(map(len, shuffled))):
            asked = [n for n in random.permutation(len(given)) if turn < len(shuffled[n])]
            for start in range(0, len(asked) - size + 1, size):
                drawn = asked[start : start + size]
                yield paired([given[n] for n in drawn], [shuffled[n][turn] for n in drawn])
        epoch += 1


def paired(given: Sequence[Captioned], captions: Sequence[int]) -> Pairs:
    """One of its captions for each picture."""
    said = np.asarray(captions, dtype=np.int64)
    also = np.stack([np.isin(said, each.captions) for each in given], axis=1)
    np.fill_diagonal(also, val=False)
    return Pairs(np.array([each.picture for each in given]), said, also)
