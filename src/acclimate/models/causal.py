"""Causal language models: one prefill of a text serves every continuation that is written to it.

Writing queries for a passage means reading hundreds of tokens and continuing them by a dozen.
Keeping the passage's key-value cache makes each further continuation cost a dozen tokens only.
(Continuations that are known already are scored without a cache: continuations.py.)
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache

from acclimate.models.precision import Placement, best_placement
from acclimate.models.resolve import ResolvedModel, resolve


@dataclass(slots=True)
class Prefill:
    """What a model remembers of a batch of texts, and its prediction of the next token.

    cache: keys and values; mask: (texts, positions), 0 where a position is padding;
    logits: (texts, vocabulary) for the token that follows.
    """

    cache: DynamicCache
    mask: Tensor
    logits: Tensor

    def select(self, rows: Tensor) -> Prefill:
        """A copy for the given rows, each as often as it is named."""
        # Shallow: selecting puts new tensors into the copied layers and leaves the old ones alone.
        cache = copy.copy(self.cache)
        cache.layers = [copy.copy(layer) for layer in self.cache.layers]
        cache.batch_select_indices(rows)
        return Prefill(cache, self.mask[rows], self.logits[rows])


@dataclass(frozen=True, slots=True)
class CausalModel:
    """A causal language model with its tokenizer."""

    model: Any
    tokenizer: Any
    resolved: ResolvedModel
    placement: Placement
    identity: str

    @classmethod
    def load(cls, name: str) -> CausalModel:
        resolved = resolve(name)
        placement = best_placement()
        model: Any = AutoModelForCausalLM.from_pretrained(
            resolved.folder, dtype=placement.dtype, use_safetensors=True, local_files_only=True
        )
        tokenizer = AutoTokenizer.from_pretrained(resolved.folder, local_files_only=True)
        model.to(placement.device).eval()
        return cls(model, tokenizer, resolved, placement, f"{resolved.identity}-{placement.label}")

    def tokens(self, text: str, *, start: bool = False, limit: int | None = None) -> list[int]:
        """Token ids of a piece of text, with the model's start token where one is wanted."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"][:limit]
        if start and self.tokenizer.bos_token_id is not None:
            return [self.tokenizer.bos_token_id, *ids]
        return ids

    @torch.inference_mode()
    def read(self, texts: Sequence[list[int]], after: Prefill | None = None) -> Prefill:
        """Read a batch of token lists, each after the row of `after` that stands at its place.

        An `after` of one row is shared by all texts. Shorter texts are padded on the left.
        """
        width = max(len(text) for text in texts)
        ids, mask = self._padded(texts, width)
        if after is None:
            cache = DynamicCache()
            whole = mask
        else:
            rows = torch.arange(len(texts)) if len(after.mask) > 1 else torch.zeros(len(texts))
            shared = after.select(rows.to(after.mask.device, torch.long))
            cache = shared.cache
            whole = torch.cat([shared.mask, mask], dim=1)
        return self._forward(ids, cache, whole)

    def step(self, state: Prefill, tokens: Tensor) -> Prefill:
        """Append one token, shape (texts,), to every row; the state's cache is used up."""
        mask = torch.cat([state.mask, torch.ones_like(tokens)[:, None]], dim=1)
        return self._forward(tokens[:, None], state.cache, mask)

    def _forward(self, ids: Tensor, cache: DynamicCache, mask: Tensor) -> Prefill:
        output = self.model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=_positions(mask, ids.shape[1]),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return Prefill(output.past_key_values, mask, output.logits[:, -1])

    def _padded(self, texts: Sequence[list[int]], width: int) -> tuple[Tensor, Tensor]:
        pad = self.tokenizer.pad_token_id or 0
        ids = torch.full((len(texts), width), pad)
        mask = torch.zeros((len(texts), width), dtype=torch.long)
        for row, text in enumerate(texts):
            ids[row, width - len(text) :] = torch.tensor(text)
            mask[row, width - len(text) :] = 1
        return ids.to(self.placement.device), mask.to(self.placement.device)


def _positions(mask: Tensor, width: int) -> Tensor:
    """Positions of the last `width` columns, not counting padding."""
    return (mask.cumsum(1) - 1).clamp(min=0)[:, -width:]
