"""Nucleus sampling inside the top-k slice (Holtzman et al., arXiv 1904.09751)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Sampling:
    """The paper's defaults: temperature 1, k 25, p .95 (GPL paper, section 4.1)."""

    temperature: float = 1.0
    top_k: int = 25
    top_p: float = 0.95


def sample(logits: Tensor, sampling: Sampling, random: torch.Generator) -> Tensor:
    """One token for each row of logits (rows, vocabulary).

    Only the k best logits are looked at: over a vocabulary of 262,144 the softmax and the sort
    of a full nucleus cost more than the model's own layers.
    """
    values, tokens = top_k(logits, min(sampling.top_k, logits.shape[-1]))
    probabilities = torch.softmax(values.float() / sampling.temperature, dim=-1)
    before = probabilities.cumsum(-1) - probabilities
    probabilities[before >= sampling.top_p] = 0.0
    chosen = torch.multinomial(probabilities.cpu(), 1, generator=random).to(tokens.device)
    return tokens.gather(-1, chosen)[:, 0]


def top_k(logits: Tensor, k: int, block: int = 512) -> tuple[Tensor, Tensor]:
    """The k best logits of each row, best first, and their tokens.

    The k best values lie in the k blocks with the highest maxima, so that one cheap pass finds
    the blocks and only those are sorted.
    """
    rows, vocabulary = logits.shape
    blocks = vocabulary // block
    if vocabulary % block or blocks <= k:
        best = logits.topk(k, dim=-1)
        return best.values, best.indices
    view = logits.view(rows, blocks, block)
    chosen = view.amax(-1).topk(k, dim=-1).indices
    candidates = view.gather(1, chosen[..., None].expand(-1, -1, block)).reshape(rows, -1)
    best = candidates.topk(k, dim=-1)
    tokens = chosen.gather(1, best.indices // block) * block + best.indices % block
    return best.values, tokens
