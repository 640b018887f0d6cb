"""Small honest parts for learned sparse search: a SPLADE of two layers, and texts that say their
weights themselves."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SparseEncoder
from sentence_transformers.sparse_encoder.losses import SparseMultipleNegativesRankingLoss
from sentence_transformers.sparse_encoder.modules import SpladePooling, Transformer
from torch import Tensor, nn
from transformers import BertForMaskedLM

import toys
from acclimate.models.sparse import SparseVector


class WrittenWeights:
    """An encoder for texts such as "3:0.5 7:1.25", which list their token ids and weights."""

    name = "written"
    identity = "written-1"

    def encode_queries(self, texts: Sequence[str]) -> list[SparseVector]:
        return [_read(text) for text in texts]

    def encode_passages(self, texts: Sequence[str]) -> list[SparseVector]:
        return [_read(text) for text in texts]

    def token(self, number: int) -> str:
        return f"t{number}"


def _read(text: str) -> SparseVector:
    pairs = sorted((int(token), float(weight)) for token, weight in map(_halves, text.split()))
    tokens = np.array([token for token, _ in pairs], dtype=np.int32)
    return SparseVector(tokens, np.array([weight for _, weight in pairs], dtype=np.float32))


def _halves(pair: str) -> list[str]:
    return pair.split(":")


def tiny_splade(folder: Path, texts: Sequence[str]) -> Path:
    """A SPLADE that has learned for a second to find a text by three of its words.

    It starts as one that gives each word itself, as a trained masked language model mostly does.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        tokenizer = toys._word_tokenizer(texts)
        body = folder / "splade-body"
        masked = BertForMaskedLM(toys._bert(tokenizer))
        _repeat_words(masked)
        masked.save_pretrained(body)
        tokenizer.save_pretrained(body)
        pooling = SpladePooling()
        parts: list[nn.Module] = [
            Transformer(str(body), transformer_task="fill-mask", max_seq_length=64),
            pooling,
        ]
        model = SparseEncoder(modules=parts, device="cpu", similarity_fn_name="dot")
        ranking = SparseMultipleNegativesRankingLoss(model, scale=0.3)
        draw = random.Random(5)

        def loss() -> Tensor:
            pooling.train()  # else it works in place, which gradients do not survive
            read = draw.sample(texts, 8)
            asked = [" ".join(draw.sample(text.replace(".", "").split(), 3)) for text in read]
            vectors = [
                model(model.preprocess(each))["sentence_embedding"] for each in (asked, read)
            ]
            # Keeps entries few (Paria et al., 2020).
            flops = sum((each.mean(dim=0) ** 2).sum() for each in vectors)
            ranked = ranking.compute_loss_from_embeddings(vectors, labels=torch.empty(0))
            whole: Tensor = ranked + 1e-3 * flops
            return whole

        toys._learn(model, loss, steps=30, rate=1e-3)
    return toys._saved(model.save_pretrained, folder / "splade")


@torch.no_grad()
def _repeat_words(model: BertForMaskedLM) -> None:
    toys._heed_words(model.bert)
    output: Any = model.cls.predictions
    output.transform.dense.weight.copy_(torch.eye(toys.WIDTH))
    output.bias.fill_(-8.0)
