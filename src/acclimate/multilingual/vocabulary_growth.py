"""A teacher's vocabulary with pieces for other languages beside its own.

WordPiece takes the longest piece that matches, so that new pieces can stand beside old ones. Those
that would part the teacher's own language otherwise than the teacher does are left out: what the
student says of it is what the teacher says, before any training. A vocabulary whose pieces are
merged in an order (byte-pair encoding) cannot be added to in this way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from acclimate.multilingual.vocabulary_tokenizer import (
    MARK,
    as_fast,
    ignores_case,
    learned,
)

#: Begins a piece that goes on within a word.
REST = "##"
#: Languages without spaces have words as long as this; WordPiece gives up on longer ones.
LONGEST_WORD = 1_000


def can_grow(like: PreTrainedTokenizerBase) -> bool:
    """Whether pieces can be added that leave the others what they are."""
    from tokenizers.models import WordPiece

    backend: Any = getattr(like, "backend_tokenizer", None)
    if backend is None or not isinstance(backend.model, WordPiece):
        return False
    # New ids follow the old ones, of which some vocabularies leave out a few.
    return max(like.get_vocab().values()) + 1 == len(like)


def grown(
    like: PreTrainedTokenizerBase, texts: Iterable[str], own: Sequence[str], size: int
) -> PreTrainedTokenizerFast:
    """The vocabulary of `like`, its ids as they were, and about `size` pieces for the texts.

    `own` are sentences of the teacher's language, which stay parted as they were.
    """
    vocabulary = like.get_vocab()
    pieces = learned(texts, [], size, ignores_case(like)).get_vocab()
    ordered = sorted(pieces, key=pieces.__getitem__)
    added = [each for each in dict.fromkeys(_written(ordered)) if each not in vocabulary]
    while True:
        made = as_fast(_with(like, added), like)
        disturbing = _disturbing(made, like, own, set(added))
        if not disturbing:
            return made
        added = [piece for piece in added if piece not in disturbing]


def _written(pieces: Iterable[str]) -> Iterator[str]:
    """Pieces in WordPiece's way; single characters both ways, so that they spell any word."""
    for piece in pieces:
        letters = piece.removeprefix(MARK)
        if not letters:
            continue
        if len(letters) == 1 or piece.startswith(MARK):
            yield letters
        if len(letters) == 1 or not piece.startswith(MARK):
            yield f"{REST}{letters}"


def _with(like: PreTrainedTokenizerBase, added: Sequence[str]) -> Any:
    """The tokenizer of `like` with these pieces after its own, which keeps every mark."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers

    backend: Any = like.backend_tokenizer
    described = json.loads(backend.to_str())
    described |= {"truncation": None, "padding": None}
    vocabulary = described["model"]["vocab"]
    vocabulary |= {piece: len(like) + number for number, piece in enumerate(added)}
    described["model"]["max_input_chars_per_word"] = LONGEST_WORD
    made = Tokenizer.from_str(json.dumps(described))
    # Accents tell words apart in most languages, and so do the vowels of Hindi.
    made.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.BertNormalizer(
                handle_chinese_chars=False, strip_accents=False, lowercase=ignores_case(like)
            ),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), _strangers_apart(vocabulary)]
    )
    return made


def _strangers_apart(vocabulary: Iterable[str]) -> Any:
    """Characters that no piece goes on with stand alone, so that those around can be spelled."""
    from tokenizers import Regex, pre_tokenizers

    known = {each[-1] for each in vocabulary if each.startswith(REST) and len(each) == 3}
    allowed = "".join(f"\\x{{{ord(each):x}}}" for each in sorted(known))
    return pre_tokenizers.Split(Regex(f"[^{allowed}]"), behavior="isolated")


def _disturbing(
    made: PreTrainedTokenizerFast,
    like: PreTrainedTokenizerBase,
    own: Sequence[str],
    added: set[str],
) -> set[str]:
    """New pieces of the teacher's own letters that a sentence of its language is parted by."""
    found: Any = made(list(own), add_special_tokens=False)["input_ids"]
    used = made.convert_ids_to_tokens(sorted(set(chain.from_iterable(found))))
    letters = set("".join(each.removeprefix(REST) for each in like.get_vocab()))
    normalizer: Any = like.backend_tokenizer.normalizer

    def is_own(piece: str) -> bool:
        spelled = piece.removeprefix(REST)
        return set(spelled) <= letters and normalizer.normalize_str(spelled) == spelled

    return {piece for piece in used if piece in added and is_own(piece)}
