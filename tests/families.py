"""Tiny students of several families, saved and loaded as the large ones are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers import models as token_models
from transformers import (
    BertConfig,
    BertModel,
    DebertaV2Config,
    DebertaV2Model,
    DistilBertConfig,
    DistilBertModel,
    ElectraConfig,
    ElectraModel,
    ModernBertConfig,
    ModernBertModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

FAMILIES = ("bert", "distilbert", "mpnet", "modernbert")
#: What many multilingual and Asian encoders are.
FURTHER = ("xlm-roberta", "electra", "roberta")
WIDTH = 32
_LIKE_BERT: dict[str, tuple[Any, Any]] = {
    "electra": (ElectraConfig, ElectraModel),
    "roberta": (RobertaConfig, RobertaModel),
    "xlm-roberta": (XLMRobertaConfig, XLMRobertaModel),
    "deberta-v2": (DebertaV2Config, DebertaV2Model),
}
SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]",
           "sep_token": "[SEP]", "mask_token": "[MASK]"}  # fmt: skip


def save(
    family: str,
    folder: Path,
    texts: Sequence[str],
    *,
    similarity: Literal["dot", "cosine"] = "dot",
) -> Path:
    """A student of two layers with mean pooling, whose vocabulary is the words of the texts."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        tokenizer = word_tokenizer(texts)
        _body(family, len(tokenizer)).save_pretrained(folder / "body")
        tokenizer.save_pretrained(folder / "body")
        parts = [Transformer(str(folder / "body"), max_seq_length=64), Pooling(WIDTH, "mean")]
        whole = SentenceTransformer(modules=parts, device="cpu", similarity_fn_name=similarity)
    whole.save_pretrained(str(folder / "student"))
    return folder / "student"


def word_tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """One token for each word; MPNet counts places from its padding, so that this is token 1."""
    words = sorted({word.strip(".") for text in texts for word in text.lower().split()})
    pieces = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]", ".", *words]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(token_models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"])
    )
    make: Any = PreTrainedTokenizerFast  # untyped in transformers
    found: PreTrainedTokenizerFast = make(
        tokenizer_object=tokenizer, model_max_length=64, **SPECIAL
    )
    return found


def _body(family: str, words: int) -> Any:
    common: dict[str, Any] = {"vocab_size": words, "pad_token_id": 1}
    if family == "distilbert":
        return DistilBertModel(
            DistilBertConfig(
                **common, dim=WIDTH, n_layers=2, n_heads=2, hidden_dim=64,
                max_position_embeddings=80,
            )
        )  # fmt: skip
    common |= {
        "hidden_size": WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 80,
    }
    if family == "bert":
        return BertModel(BertConfig(**common))
    if family in _LIKE_BERT:
        config, model = _LIKE_BERT[family]
        return model(config(**common))
    if family == "mpnet":
        return MPNetModel(MPNetConfig(**common))
    common |= {"cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
    # One layer sees everything and one its neighbours only.
    common |= {"global_attn_every_n_layers": 2, "local_attention": 8}
    return ModernBertModel(ModernBertConfig(**common))
