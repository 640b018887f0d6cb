"""A copy of a model whose upper layers know nothing: retrieval training undone, as far as can be.

python experiments/forget.py MODEL OUT [LAYERS]

The last LAYERS (3 if left out) of a BERT-like encoder begin anew, as they do before any training.
The lower ones and the embeddings stay, for without them there would be no language left.
"""

from __future__ import annotations

import sys
from typing import Any

import torch
from sentence_transformers import SentenceTransformer

from acclimate.models.resolve import resolve

SEED = 42


def main(name: str, out: str, layers: int) -> None:
    """Write the copy, an ordinary sentence-transformers folder."""
    model = SentenceTransformer(str(resolve(name).folder), device="cpu")
    body: Any = model[0].auto_model
    torch.manual_seed(SEED)
    for layer in body.encoder.layer[-layers:]:
        for module in layer.modules():
            _begin_anew(module, body.config.initializer_range)
    model.save(out)


def _begin_anew(module: torch.nn.Module, spread: float) -> None:
    """As BERT begins; transformers' own initialisation leaves weights that were loaded alone."""
    if isinstance(module, torch.nn.Linear):
        torch.nn.init.normal_(module.weight, std=spread)
        torch.nn.init.zeros_(module.bias)
    elif isinstance(module, torch.nn.LayerNorm):
        torch.nn.init.ones_(module.weight)
        torch.nn.init.zeros_(module.bias)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 3)
