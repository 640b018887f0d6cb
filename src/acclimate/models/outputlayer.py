"""Log-probabilities of single tokens, without ever holding the logits of a whole vocabulary.

With 262,144 words the output layer costs more than all others together, and most of its time used
to go into memory: logits of 1 MB a token, written and read several times. Here they are made in
tiles that stay in the processor's cache, and only their sums are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from acclimate.errors import UsageError

#: Words of the vocabulary in one tile, and positions; with fp32 a tile is 16 MB at most.
WORDS = 4096
POSITIONS = 1024


@dataclass(frozen=True, slots=True)
class OutputLayer:
    """An output layer: weight (words, width), perhaps a bias, and what bends its logits.

    cap: logits become cap * tanh(logits / cap), as in Gemma 2; 0 for none. scale: as in Granite.
    """

    weight: Tensor
    bias: Tensor | None
    scale: float
    cap: float

    @classmethod
    def of(cls, model: Any, hidden: Tensor, logits: Tensor, name: str) -> OutputLayer:
        """The output layer of a language model.

        `hidden` (positions, width) and `logits` (positions, words) of some text show whether it is
        understood: a model that makes its logits in a further way is refused.
        """
        layer = model.get_output_embeddings()
        cap = float(getattr(model.config.get_text_config(), "final_logit_softcapping", None) or 0)
        bare = cls(layer.weight, getattr(layer, "bias", None), 1.0, cap)
        straight = bare._straight(logits)
        raw = bare._linear(hidden, slice(None))
        found = cls(bare.weight, bare.bias, float((straight * raw).sum() / (raw * raw).sum()), cap)
        error = (found._logits(hidden, slice(None)) - logits.float()).abs().max()
        if not error <= 0.02 * logits.float().abs().max():  # also refuses NaN
            raise UsageError(
                f"{name}: its logits are not those of its output layer, so the likelihood of a "
                "query cannot be computed; name another causal language model"
            )
        return found

    def log_probabilities(self, hidden: Tensor, places: Tensor, tokens: Tensor) -> Tensor:
        """log P(token) at some places of `hidden` (positions, width), shape (len(tokens),)."""
        totals = torch.cat([self._totals(hidden[part]) for part in _parts(len(hidden))])
        chosen = [self._chosen(hidden[places[part]], tokens[part]) for part in _parts(len(tokens))]
        return torch.cat(chosen) - totals[places]

    def _totals(self, hidden: Tensor) -> Tensor:
        """log of the summed exponentials of all logits, for every position."""
        words = len(self.weight)
        tiles = [
            torch.logsumexp(self._logits(hidden, slice(start, start + WORDS)), dim=-1)
            for start in range(0, words, WORDS)
        ]
        return torch.logsumexp(torch.stack(tiles, dim=-1), dim=-1)

    def _chosen(self, hidden: Tensor, tokens: Tensor) -> Tensor:
        """The logit of one word at each position."""
        products = (hidden.float() * self.weight[tokens].float()).sum(-1)
        return self._bent(products if self.bias is None else products + self.bias[tokens].float())

    def _logits(self, hidden: Tensor, words: slice) -> Tensor:
        return self._bent(self._linear(hidden, words))

    def _linear(self, hidden: Tensor, words: slice) -> Tensor:
        bias = None if self.bias is None else self.bias[words]
        return torch.nn.functional.linear(hidden, self.weight[words], bias).float()

    def _bent(self, logits: Tensor) -> Tensor:
        scaled = logits * self.scale if self.scale != 1 else logits
        return self.cap * torch.tanh(scaled / self.cap) if self.cap else scaled

    def _straight(self, logits: Tensor) -> Tensor:
        """The logits before the cap."""
        return self.cap * torch.atanh(logits.float() / self.cap) if self.cap else logits.float()


def _parts(count: int) -> list[slice]:
    return [slice(start, start + POSITIONS) for start in range(0, count, POSITIONS)]
