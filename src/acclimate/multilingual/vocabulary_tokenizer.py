"""A vocabulary of pieces for texts in any language, trained on those texts.

Byte-pair encoding (Sennrich et al., arXiv 1508.07909) over characters: whatever character it has
seen is a piece, so that it can spell every text of its training, and the same texts give the same
pieces in the same order. Words are parted as BERT parts them, so that pieces of the teacher's
vocabulary come back as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

#: Begins a word.
MARK = "▁"
UNKNOWN = "[UNK]"
#: Pieces are merged from what stands together this often. Without it few texts become pieces that
#: are whole words, or whole clauses of Chinese, each seen in one sentence and of no use to others.
OFTEN = 2


def train_tokenizer(
    texts: Iterable[str], like: PreTrainedTokenizerBase, size: int
) -> PreTrainedTokenizerFast:
    """A fast tokenizer of so many pieces, with the special tokens and the letter case of `like`."""
    from tokenizers import decoders

    tokenizer = learned(texts, special_tokens(like), size, ignores_case(like))
    tokenizer.model.unk_token = _special(like)["unk_token"]
    tokenizer.model.fuse_unk = True
    tokenizer.decoder = decoders.Metaspace(replacement=MARK, prepend_scheme="always")
    tokenizer.post_processor = _around(tokenizer, like)
    return as_fast(tokenizer, like)


def learned(texts: Iterable[str], special: Sequence[str], size: int, lower: bool) -> Any:
    """A tokenizer (of the library `tokenizers`) that has learned so many pieces."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    case = [normalizers.Lowercase()] if lower else []
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), *case])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.BertPreTokenizer(),
            pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="always", split=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=OFTEN,
        special_tokens=list(special),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def special_tokens(like: PreTrainedTokenizerBase) -> list[str]:
    """In the order of their ids, which the padding's must keep: a model may count on it."""
    known = like.get_vocab()
    return sorted(set(_special(like).values()), key=lambda name: known.get(name, len(known)))


#: What plays each role in one family or another.
_ROLES = {
    "pad_token": ["pad_token"],
    "unk_token": ["unk_token"],
    "mask_token": ["mask_token"],
    "cls_token": ["cls_token", "bos_token"],
    "sep_token": ["sep_token", "eos_token"],
}
#: Every new vocabulary can hide tokens, and has a piece for what it has never seen.
_NEEDED = {"unk_token": UNKNOWN, "mask_token": "[MASK]"}


def _special(like: PreTrainedTokenizerBase) -> dict[str, str]:
    """The special tokens by their roles."""
    found = dict(_NEEDED)
    for role, names in _ROLES.items():
        given = [str(token) for name in names if (token := getattr(like, name, None))]
        found |= {role: given[0]} if given else {}
    return found


def ignores_case(like: PreTrainedTokenizerBase) -> bool:
    """Whether large letters are read as small ones."""
    return like.tokenize("House") == like.tokenize("house")


def _around(tokenizer: Any, like: PreTrainedTokenizerBase) -> Any:
    from tokenizers.processors import TemplateProcessing

    special = _special(like)
    first, last = special.get("cls_token", ""), special.get("sep_token", "")
    around = [(name, tokenizer.token_to_id(name)) for name in {first, last} if name]
    single = f"{first} $A {last}".strip()
    return TemplateProcessing(single=single, pair=f"{single} $B {last}".strip(),
                              special_tokens=around)  # fmt: skip


def as_fast(tokenizer: Any, like: PreTrainedTokenizerBase) -> PreTrainedTokenizerFast:
    """As transformers wants it, with the roles that special tokens play in `like`."""
    make: Any = PreTrainedTokenizerFast  # untyped in transformers
    made = make(
        tokenizer_object=tokenizer,
        model_max_length=like.model_max_length,
        model_input_names=list(like.model_input_names),
        clean_up_tokenization_spaces=False,
        **_special(like),
    )
    return cast(PreTrainedTokenizerFast, made)
