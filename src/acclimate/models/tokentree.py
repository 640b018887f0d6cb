"""A text and all its continuations as one tree of tokens, which a causal model reads in one pass.

A token sees those on its path from the root and no others, so every branch is read as if it
stood alone after the trunk (SpecInfer, arXiv 2305.09781, section 4.2, calls this tree attention).
What branches share is read once: the trunk, and the first words of queries that begin alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class TokenTree:
    """Tokens in an order in which parents come first.

    tokens, depths: one entry for each token; parents: the place of the token before, -1 for the
    first. steps: for every continuation and each of its tokens, the place after which it comes.
    A continuation's last token is only foretold and never read, unless another goes on from it.
    """

    tokens: list[int]
    depths: list[int]
    parents: list[int]
    steps: list[list[int]]

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def height(self) -> int:
        """Tokens on the longest path."""
        return max(self.depths) + 1

    def sight(self) -> npt.NDArray[np.bool_]:
        """Which token (row) sees which (column), shape (tokens, tokens)."""
        seen = np.zeros((len(self), len(self)), dtype=np.bool_)
        for place, parent in enumerate(self.parents):
            if parent >= 0:
                seen[place] = seen[parent]
            seen[place, place] = True
        return seen


def token_tree(trunk: Sequence[int], continuations: Sequence[Sequence[int]]) -> TokenTree:
    """The tree of a trunk of at least one token and what may follow it."""
    tokens, depths = list(trunk), list(range(len(trunk)))
    parents = [depth - 1 for depth in depths]
    known: dict[tuple[int, int], int] = {}
    steps = []
    for continuation in continuations:
        place, path = len(trunk) - 1, []
        for number, token in enumerate(continuation):
            path.append(place)
            if number + 1 == len(continuation):
                break
            child = known.setdefault((place, token), len(tokens))
            if child == len(tokens):
                tokens.append(token)
                depths.append(depths[place] + 1)
                parents.append(place)
            place = child
        steps.append(path)
    return TokenTree(tokens, depths, parents, steps)
