"""Condenser: the CLS vector has to carry what the late layers know (Gao and Callan, 2104.08253)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.method import Batch, Method
from acclimate.pretrain.mlm import Masked, Masker
from acclimate.pretrain.tokens import tokens_of
from acclimate.pretrain.vocabulary import VocabularyHead, body_of
from acclimate.settings import CondenserSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class Condenser(Method):
    """Masked tokens are predicted by the late layers, and by a head with no late layer but CLS.

    The student is given CLS pooling, in this step and after it: no other vector is trained.
    """

    said = (
        "learned to predict masked tokens of the corpus by its first token's vector "
        "([Condenser](https://arxiv.org/abs/2104.08253))"
    )

    def __init__(self, student: DenseEncoder, settings: CondenserSettings) -> None:
        self.model = student.model
        self.body = body_of(self.model)
        pool_by_cls(self.model)
        self.condenser = _head(self.body, settings.layers)
        self.head = VocabularyHead(self.model)
        self.mask = Masker(student, settings.masked)
        self.parts = nn.ModuleDict(
            {"student": self.model, "condenser": self.condenser, "head": self.head}
        )

    def loss(self, batch: Batch) -> Tensor:
        masked = self.mask(tokens_of(self.model, batch.texts), batch.draw)
        late, middle = self._layers(masked)
        # The early layers' tokens reach the head on a short way, past the late layers.
        short = torch.cat([late[:, :1], middle[:, 1:]], dim=1)
        condensed = self.condenser(short, src_key_padding_mask=~masked.tokens.present)
        return self._missed(condensed, masked) + self._missed(late, masked)

    def _missed(self, hidden: Tensor, masked: Masked) -> Tensor:
        return cross_entropy(self.head(hidden[masked.chosen]), masked.wanted)

    def _layers(self, masked: Masked) -> tuple[Tensor, Tensor]:
        """Hidden states of the last layer and of the one in the middle."""
        found = self.body(**masked.tokens.features, output_hidden_states=True)
        middle = found.hidden_states[(len(found.hidden_states) - 1) // 2]
        # Where norms come first, the middle of the residual stream has not been through one yet.
        norm = getattr(self.body, "final_norm", nn.Identity())
        return found.last_hidden_state, norm(middle)


def pool_by_cls(model: SentenceTransformer) -> None:
    """Let the first token stand for the text."""
    from sentence_transformers.sentence_transformer.modules import Pooling

    for place, module in enumerate(model):
        if isinstance(module, Pooling):
            model[place] = Pooling(module.get_embedding_dimension(), pooling_mode="cls")


def _head(body: Any, layers: int) -> nn.Module:
    config = body.config
    layer = nn.TransformerEncoderLayer(
        config.hidden_size,
        config.num_attention_heads,
        4 * config.hidden_size,
        activation="gelu",
        batch_first=True,
    )
    stack = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
    for name, weight in stack.named_parameters():
        if weight.ndim > 1:
            nn.init.normal_(weight, std=config.initializer_range)
        elif name.endswith("bias"):
            nn.init.zeros_(weight)
    return stack.to(dtype=body.dtype, device=body.device)
