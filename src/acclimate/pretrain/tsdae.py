"""TSDAE: rebuild a passage from one vector of what was left of it (Wang et al., arXiv 2104.06979).

Sentence-transformers' DenoisingAutoEncoderLoss has a decoder with cross-attention for BERT and its
closest kin only, not for DistilBERT, MPNet or ModernBERT; `decoder.py` has one for all of them,
which for BERT computes the same loss.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.decoder import PooledDecoder
from acclimate.pretrain.encode import pooled
from acclimate.pretrain.method import Batch, Method
from acclimate.pretrain.tokens import Tokens, chance, kept, surviving, tokens_of
from acclimate.pretrain.vocabulary import VocabularyHead, body_of
from acclimate.settings import TsdaeSettings


class Tsdae(Method):
    """60 % of the tokens are deleted; a tied decoder rebuilds all from the pooled vector alone."""

    said = (
        "learned to rebuild the corpus's passages from the vector of what was left of them "
        "([TSDAE](https://arxiv.org/abs/2104.06979))"
    )

    def __init__(self, student: DenseEncoder, settings: TsdaeSettings) -> None:
        self.model = student.model
        self.deleted = settings.deleted
        self.decoder = PooledDecoder(body_of(self.model), student.dimension)
        self.head = VocabularyHead(self.model)
        self.parts = nn.ModuleDict(
            {"student": self.model, "decoder": self.decoder, "head": self.head}
        )

    def loss(self, batch: Batch) -> Tensor:
        tokens = tokens_of(self.model, batch.texts)
        noise = chance(tokens.ids.shape, batch.draw, tokens.ids.device)
        return self.rebuilding(tokens, self.damaged(tokens, noise))

    def damaged(self, tokens: Tokens, noise: Tensor) -> Tokens:
        """Without the tokens whose noise is below the share to delete; of each text one stays."""
        keep = surviving(tokens.content, noise, self.deleted) | ~tokens.content
        return kept(tokens, keep, int(self.model.tokenizer.pad_token_id))

    def rebuilding(self, tokens: Tokens, damaged: Tokens) -> Tensor:
        """Cross-entropy of each next token, given those before it and the damaged text's vector."""
        hidden = self.decoder(tokens.ids[:, :-1], pooled(self.model, damaged.features))
        there = tokens.present[:, 1:]
        return cross_entropy(self.head(hidden[there]), tokens.ids[:, 1:][there])
