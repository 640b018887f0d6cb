"""Students laid out as the known multilingual ones are: XLM-R's family, and LaBSE."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

import families

SPECIAL = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>",
           "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}  # fmt: skip


def xlm_roberta(folder: Path, texts: Sequence[str]) -> Path:
    """Pieces of a unigram model behind ▁, pooled by their mean, as in multilingual-e5."""
    tokenizer = _unigram(texts)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        config = XLMRobertaConfig(
            vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=80, pad_token_id=1, bos_token_id=0,
            eos_token_id=2,
        )  # fmt: skip
        XLMRobertaModel(config).save_pretrained(folder / "body")
    tokenizer.save_pretrained(folder / "body")
    parts = [Transformer(str(folder / "body"), max_seq_length=64), Pooling(32, "mean")]
    return _saved(parts, folder)


def labse(folder: Path, texts: Sequence[str]) -> Path:
    """BERT, the CLS token, a dense layer with tanh, and length one."""
    body = Path(families.save("bert", folder / "bert", texts))
    dense = Dense(32, 32, activation_function=torch.nn.Tanh())
    parts = [Transformer(str(body), max_seq_length=64), Pooling(32, "cls"), dense, Normalize()]
    return _saved(parts, folder)


def _saved(parts: list[torch.nn.Module], folder: Path) -> Path:
    made = SentenceTransformer(modules=parts, device="cpu", similarity_fn_name="cosine")
    made.save_pretrained(str(folder / "student"))
    return folder / "student"


def _unigram(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer: Any = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        unk_token="<unk>", show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    make: Any = PreTrainedTokenizerFast  # untyped in transformers
    found: PreTrainedTokenizerFast = make(
        tokenizer_object=tokenizer, model_max_length=64, **SPECIAL
    )
    return found
