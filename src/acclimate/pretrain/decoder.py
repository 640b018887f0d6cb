"""The encoder's own layers as a decoder that sees one vector: cross-attention for every family.

Few encoders come with a decoder. But attention over a single vector has nothing to weigh: its
weights are all one, queries and keys play no part, and what is left is the value projection
followed by the output projection, the same at every place. So each layer is read from left to
right and gets that sum after its self-attention: behind it with a norm of its own, as in BERT's
decoder, or within the residual stream where norms come first, as in ModernBERT.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.errors import UsageError

_USUAL = ("encoder.layer", "attention")
#: By family, where the layers are, and the part of each whose output is that of the self-attention.
#: Others may have such parts too, and read masks of another kind.
_PLACES = {
    "distilbert": ("transformer.layer", "sa_layer_norm"),
    "modernbert": ("layers", "attn"),
    **dict.fromkeys(("bert", "camembert", "electra", "mpnet", "roberta", "xlm-roberta"), _USUAL),
}
#: Families with the norms before the attention.
_NORMS_FIRST = ("modernbert",)


class PooledDecoder(nn.Module):
    """The layers of `body`, tied, with cross-attention to a pooled vector of `width` numbers.

    Raises UsageError for a family that is none of those known here.
    """

    def __init__(self, body: Any, width: int) -> None:
        super().__init__()
        self.body = body
        self.places = _places(body)
        looks = [Look(body.config, width) for _ in self.places]
        self.looks = nn.ModuleList(looks).to(dtype=body.dtype, device=body.device)

    def forward(self, ids: Tensor, pooled: Tensor) -> Tensor:
        """Hidden states (texts, length, width); none of them sees what comes after it."""
        vector = pooled.to(self.body.dtype)[:, None]
        hooks = [
            place.register_forward_hook(partial(_after, look, vector))
            for place, look in zip(self.places, self.looks, strict=True)
        ]
        try:
            found: Tensor = self.body(
                input_ids=ids, attention_mask=_from_left_to_right(self.body, ids)
            ).last_hidden_state
            return found
        finally:
            for hook in hooks:
                hook.remove()


class Look(nn.Module):
    """One layer's cross-attention to a single vector."""

    def __init__(self, config: Any, width: int) -> None:
        super().__init__()
        size = config.hidden_size
        self.value = nn.Linear(width, size)
        self.output = nn.Linear(size, size)
        for linear in (self.value, self.output):
            nn.init.normal_(linear.weight, std=config.initializer_range)
            nn.init.zeros_(linear.bias)
        self.dropout = nn.Dropout(_dropout(config))
        norms_first = config.model_type in _NORMS_FIRST
        self.norm = nn.Identity() if norms_first else nn.LayerNorm(size, _epsilon(config))

    def forward(self, hidden: Tensor, vector: Tensor) -> Tensor:
        """hidden: (texts, length, size); vector: (texts, 1, width)."""
        found: Tensor = self.norm(hidden + self.dropout(self.output(self.value(vector))))
        return found


def _after(look: nn.Module, vector: Tensor, _place: nn.Module, _inputs: Any, output: Any) -> Any:
    if isinstance(output, tuple):
        return (look(output[0], vector), *output[1:])
    return look(output, vector)


def _from_left_to_right(body: Any, ids: Tensor) -> Any:
    """A mask for attention; padding is on the right, where no token of a text can see it."""
    length = ids.shape[1]
    places = torch.arange(length, device=ids.device)
    distance = places[:, None] - places[None, :]
    whole = _mask(body, distance >= 0, len(ids))
    if not getattr(body.config, "layer_types", None):
        return whole
    near = (distance >= 0) & (distance <= body.config.sliding_window)
    return {"full_attention": whole, "sliding_attention": _mask(body, near, len(ids))}


def _mask(body: Any, seen: Tensor, texts: int) -> Tensor:
    mask = torch.zeros(seen.shape, dtype=body.dtype, device=seen.device)
    mask = mask.masked_fill(~seen, torch.finfo(body.dtype).min)
    return mask.expand(texts, 1, *seen.shape)


def _places(body: Any) -> list[nn.Module]:
    family = body.config.model_type
    if family not in _PLACES:
        raise UsageError(
            f"tsdae cannot make a decoder of the family {family!r}; it can of "
            f"{', '.join(sorted(_PLACES))}. Take mlm, ict, simcse or ct"
        )
    path, part = _PLACES[family]
    return [layer.get_submodule(part) for layer in body.get_submodule(path)]


def _dropout(config: Any) -> float:
    """BERT's word for it, DistilBERT's, or none, as in ModernBERT."""
    return float(getattr(config, "hidden_dropout_prob", getattr(config, "dropout", 0.0)))


def _epsilon(config: Any) -> float:
    return float(getattr(config, "layer_norm_eps", 1e-12))
