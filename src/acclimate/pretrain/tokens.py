"""Passages as tokens: which of them are the text's own, and texts with some of them gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids of shape (texts, length); `present` and `content` say of each what it is.

    present: False where it is padding. content: True where it belongs to the text itself, and is
    neither padding nor put around it by the tokenizer.
    """

    ids: Tensor
    present: Tensor
    content: Tensor

    @property
    def features(self) -> dict[str, Any]:
        """As an encoder takes them."""
        return {"input_ids": self.ids, "attention_mask": self.present.long()}


def tokens_of(model: SentenceTransformer, texts: Sequence[str]) -> Tokens:
    """The texts' tokens, cut to the model's limit, on the model's device."""
    features = model.preprocess(list(texts))
    ids, present = features["input_ids"], features["attention_mask"].bool()
    around = torch.tensor(sorted(_around(model.tokenizer)))
    content = present & ~torch.isin(ids, around)
    device = model.device
    return Tokens(ids.to(device), present.to(device), content.to(device))


def kept(tokens: Tokens, keep: Tensor, pad: int) -> Tokens:
    """Those tokens where `keep` is True, moved together."""
    rows = torch.nn.utils.rnn.pad_sequence
    keep = keep & tokens.present
    parts = [line[wanted] for line, wanted in zip(tokens.ids, keep, strict=True)]
    own = [line[wanted] for line, wanted in zip(tokens.content, keep, strict=True)]
    whole = [torch.ones_like(line) for line in own]
    return Tokens(
        rows(parts, batch_first=True, padding_value=pad),
        rows(whole, batch_first=True),
        rows(own, batch_first=True),
    )


def surviving(among: Tensor, noise: Tensor, deleted: float) -> Tensor:
    """Those tokens of `among` that stay when the share `deleted` goes; of each text one does.

    among, noise: (texts, length); what goes is what has noise below the share.
    """
    own = noise.masked_fill(~among, -1.0)
    luckiest = own == own.amax(dim=1, keepdim=True)
    return among & ((noise >= deleted) | luckiest)


def chance(shape: torch.Size, draw: np.random.Generator, device: torch.device) -> Tensor:
    """Numbers between 0 and 1, the same on every device."""
    return torch.from_numpy(draw.random(tuple(shape))).to(device)


def _around(tokenizer: Any) -> set[int]:
    """What the tokenizer itself puts around a text; an unknown word is none of it."""
    names = ("cls_token_id", "sep_token_id", "pad_token_id", "bos_token_id", "eos_token_id")
    return {number for name in names if (number := getattr(tokenizer, name, None)) is not None}
