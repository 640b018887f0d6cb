"""A multi-vector model of a few thousand weights, saved as large ones are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from sentence_transformers import MultiVectorEncoder
from sentence_transformers.base.modules import Normalize, Transformer
from sentence_transformers.base.modules.dense import Dense
from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask
from torch import nn

import toys

DIMENSION = 32


def tiny_multi_vector(
    folder: Path, texts: Sequence[str], *, similarity: str = "maxsim", seed: int = 5
) -> Path:
    """Untrained, over the body of the toy encoder: little more than each token's own word.

    Queries are filled up to 8 tokens, as ColBERT fills them; full stops do not count in passages.
    """
    toys.tiny_encoder(folder, texts)
    body = Transformer(
        str(folder / "body"),
        max_seq_length=64,
        query_expansion={"strategy": "fixed", "attend": False, "length": 8, "token": "[UNK]"},
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        narrow = Dense(
            toys.WIDTH,
            DIMENSION,
            bias=False,
            activation_function=nn.Identity(),
            module_input_name="token_embeddings",
        )
    mask = MultiVectorMask(skiplist_words=["."])
    modules = [body, narrow, mask, Normalize(module_input_name="token_embeddings")]
    model = MultiVectorEncoder(modules=modules, device="cpu", similarity_fn_name=similarity)
    target = folder / "multi-vector"
    model.save_pretrained(str(target))
    return target
