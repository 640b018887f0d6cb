"""Independent cropping: two parts of a passage find each other (Contriever, arXiv 2112.09118)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from acclimate.models.base import Similarity
from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.contrast import in_batch, temperature_of
from acclimate.pretrain.encode import pooled
from acclimate.pretrain.method import Batch, Method
from acclimate.pretrain.tokens import Tokens, chance, kept, surviving, tokens_of

#: How much of a passage a part has, at least and at most.
SHARES = (0.05, 0.5)
#: The share of a part's tokens that are left out.
DELETED = 0.1
TEMPERATURE = 0.05


class Crop(Method):
    """Two parts of each passage, drawn apart from one another, with the batch as negatives.

    Contriever has a queue of negatives that a slower copy encoded; a corpus for adaptation is small
    beside what that was made for.
    """

    said = (
        "learned to know two parts of the same passage as such "
        "([independent cropping](https://arxiv.org/abs/2112.09118))"
    )

    def __init__(self, student: DenseEncoder) -> None:
        self.model = student.model
        self.cosine = student.similarity is Similarity.COSINE
        self.temperature = temperature_of(student.similarity, TEMPERATURE)
        self.parts = nn.ModuleDict({"student": student.model})

    def loss(self, batch: Batch) -> Tensor:
        tokens = tokens_of(self.model, batch.texts)
        device = tokens.ids.device
        drawn = [
            (
                chance(torch.Size([len(batch.texts), 2]), batch.draw, device),
                chance(tokens.ids.shape, batch.draw, device),
            )
            for _ in range(2)
        ]
        first, second = (self._vectors(self.part(tokens, *each)) for each in drawn)
        return in_batch(first, second, self.temperature)

    def part(self, tokens: Tokens, where: Tensor, noise: Tensor) -> Tokens:
        """One part of each text without some of its tokens; of each text one stays.

        where: (texts, 2), from 0 to 1, how long the part is and how late it begins; noise: of the
        shape of the tokens, which are left out below the share to delete.
        """
        count = tokens.content.sum(dim=1)
        least, most = SHARES
        length = ((least + (most - least) * where[:, 0]) * count).long().clamp(min=1)
        start = (where[:, 1] * (count - length + 1)).long()
        place = tokens.content.cumsum(dim=1) - 1
        inside = tokens.content & (place >= start[:, None]) & (place < (start + length)[:, None])
        keep = surviving(inside, noise, DELETED) | ~tokens.content
        return kept(tokens, keep, int(self.model.tokenizer.pad_token_id))

    def _vectors(self, part: Tokens) -> Tensor:
        found = pooled(self.model, part.features)
        return normalize(found, dim=1) if self.cosine else found
