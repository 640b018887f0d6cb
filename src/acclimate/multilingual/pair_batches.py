"""Which translations a step learns from, languages balanced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from acclimate.multilingual.pair_store import Integers


def shares(sizes: Sequence[int], balance: float) -> npt.NDArray[np.float64]:
    """How often each language is drawn: in proportion to its size to the power `balance`."""
    weights = np.asarray(sizes, dtype=np.float64) ** balance
    return np.asarray(weights / weights.sum())


def batches(
    languages: Sequence[Integers], size: int, balance: float, seed: int
) -> Iterator[Integers]:
    """Rows, `size` at a time and without end; the same ones for the same seed.

    Within a language every row comes once before any comes again.
    """
    draw = np.random.default_rng(seed)
    chances = shares([len(rows) for rows in languages], balance)
    decks = [_deck(rows, np.random.default_rng((seed, place)))
             for place, rows in enumerate(languages)]  # fmt: skip
    while True:
        drawn = draw.choice(len(languages), size=size, p=chances)
        yield np.array([next(decks[place]) for place in drawn], dtype=np.int64)


def _deck(rows: Integers, draw: np.random.Generator) -> Iterator[int]:
    while True:
        yield from draw.permutation(rows).tolist()
