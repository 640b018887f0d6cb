"""Where a step gets vectors from: a tower that is run, or what its body gave once and for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from acclimate.formats.files import atomic_write_bytes
from acclimate.models.base import Similarity
from acclimate.progress import Progress
from acclimate.train.contrast import Integers
from acclimate.train.encode import GradientEncoder, Text, as_input
from acclimate.train.towers import Tower

#: Inputs in a file of what is kept; a killed run goes on after the last whole one ...
SHARD = 1024
#: ... and inputs that go through a body together.
_TOGETHER = 32


class Side(Protocol):
    """All texts, or all pictures, of a training, by row."""

    def encode(self, rows: Integers) -> Tensor:
        """Vectors of shape (rows, dimension), through which a gradient can be carried back."""
        ...

    def carry_back(self) -> None:
        """Bring the gradient of what was encoded last to the weights."""
        ...

    def outputs(self, rows: Integers) -> Tensor:
        """The same vectors, learning nothing."""
        ...


@dataclass(slots=True)
class LiveSide:
    """A tower all of which learns: its inputs go through it at every step."""

    encoder: GradientEncoder
    texts: Sequence[Text]
    _leaf: Tensor = field(default_factory=lambda: torch.empty(0), init=False)

    def encode(self, rows: Integers) -> Tensor:
        self._leaf = self.encoder.encode([self.texts[row] for row in rows])
        return self._leaf

    def carry_back(self) -> None:
        if self._leaf.grad is not None:
            self.encoder.carry_back(self._leaf.grad)

    def outputs(self, rows: Integers) -> Tensor:
        return self.encoder.outputs([self.texts[row] for row in rows])


@dataclass(frozen=True, slots=True)
class KeptSide:
    """A tower whose body stays as it is: a step begins with what that gave."""

    tower: Tower
    kept: Tensor
    similarity: Similarity
    collect: Callable[[], None]

    def encode(self, rows: Integers) -> Tensor:
        vectors = self.tower.vectors(self.kept[rows])
        return normalize(vectors, dim=1) if self.similarity is Similarity.COSINE else vectors

    def carry_back(self) -> None:
        self.collect()

    @torch.no_grad()
    def outputs(self, rows: Integers) -> Tensor:
        return self.encode(rows)


def keep(tower: Tower, texts: Sequence[Text], folder: Path, progress: Progress) -> Tensor:
    """What the tower's body makes of all inputs, or made at an earlier start; from `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = []
    with progress.task("encode", len(texts)) as advance:
        for number, start in enumerate(range(0, len(texts), SHARD)):
            path, part = folder / f"{number:05d}.npy", texts[start : start + SHARD]
            if not path.exists():
                with atomic_write_bytes(path) as handle:
                    np.save(handle, _shard(tower, part))
            shards.append(torch.from_numpy(np.load(path, allow_pickle=False)))
            advance(len(part))
    return torch.cat(shards)


def _shard(tower: Tower, texts: Sequence[Text]) -> np.ndarray[Any, Any]:
    # Of like length together, so that little is padding.
    order = np.argsort([text.length for text in texts], kind="stable")
    found = []
    for start in range(0, len(order), _TOGETHER):
        part = [texts[place] for place in order[start : start + _TOGETHER]]
        contents = [as_input(text.content, tower.model) for text in part]
        found.append(tower.kept(contents, part[0].prompt).numpy())
    whole = np.concatenate(found)
    shard = np.empty_like(whole)
    shard[order] = whole
    return shard
