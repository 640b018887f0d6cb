"""The two towers of a picture model in training: which weights learn, and what is done only once.

The layers before the first one that learns give the same for an input at every step. What they
give is therefore computed once and kept, which is what makes training with a frozen tower fast
(LiT, Zhai et al., arXiv 2111.07991).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from acclimate.errors import UsageError
from acclimate.models.two_towers import PICTURE, TEXT, Kind, modules_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

#: What sentence-transformers calls the one vector of a text or a picture.
_VECTOR = "sentence_embedding"


@dataclass(frozen=True, slots=True)
class Tower:
    """The way of one kind of input through a model: layers that stay as they are, then the rest."""

    model: SentenceTransformer
    body: Sequence[nn.Module]
    rest: Sequence[nn.Module]

    @property
    def learns(self) -> bool:
        return any(each.requires_grad for module in self.rest for each in module.parameters())

    @torch.no_grad()
    def kept(self, contents: Sequence[Any], prompt: str | None) -> Tensor:
        """What the body makes of texts or opened pictures, shape (contents, dimension), fp32."""
        features = _through(self.body, _features(self.model, contents, prompt))
        return _vectors(features).float().cpu()

    def vectors(self, kept: Tensor) -> Tensor:
        """From what was kept to the vectors, shape (contents, dimension), fp32."""
        given = kept.to(self.model.device, self.model.dtype)
        return _vectors(_through(self.rest, {_VECTOR: given})).float()


def freeze(model: SentenceTransformer, what: str) -> None:
    """Let only those weights learn that the setting `train.freeze` leaves.

    Raises UsageError where nothing would be left, or where both towers are the same weights.
    """
    texts, pictures = _used(model, TEXT), _used(model, PICTURE)
    shared = texts.keys() & pictures.keys()
    if shared and what in ("text", "pictures"):
        raise UsageError(
            f"train.freeze is {what!r}, and this model reads texts and pictures with the same "
            f"weights ({len(shared)} tensors); leave it empty"
        )
    model.requires_grad_(False)
    if what == "bodies":
        learning = _projections(model)
    else:
        frozen = {"text": texts, "pictures": pictures}.get(what, {})
        learning = [each for name, each in (texts | pictures).items() if name not in frozen]
    for weight in learning:
        weight.requires_grad_(True)
    if not learning:
        raise UsageError(
            f"train.freeze is {what!r}, which leaves nothing to learn in this model; choose text, "
            "pictures or nothing"
        )


def towers(model: SentenceTransformer) -> tuple[Tower, Tower]:
    """The tower of the texts and that of the pictures, once it is settled what learns."""
    return _tower(model, TEXT), _tower(model, PICTURE)


def hold_statistics(model: nn.Module) -> None:
    """Let batch normalisation go on with what it learned before, on far more pictures."""
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


@torch.no_grad()
def _tower(model: SentenceTransformer, kind: Kind) -> Tower:
    modules = modules_of(model, kind)
    learning = {n for n, weight in _used(model, kind).items() if weight.requires_grad}
    names = {id(weight): name for name, weight in model.named_parameters()}

    def stays(module: nn.Module) -> bool:
        return not any(names[id(weight)] in learning for weight in module.parameters())

    body = list(takewhile(stays, modules))
    # What pooling has not made one vector of yet is not kept: it has another size for every text.
    if _VECTOR not in _through(body, _features(model, [_smallest(kind)])):
        body = []
    return Tower(model, body, modules[len(body) :])


def _used(model: SentenceTransformer, kind: Kind) -> dict[str, nn.Parameter]:
    """The weights that a vector of that kind depends on, which the model itself is asked for.

    Architectures name and share their parts in too many ways for names to tell.
    """
    features = _features(model, [_smallest(kind)])
    weights = dict(model.named_parameters())
    learned = {name: weight.requires_grad for name, weight in weights.items()}
    model.requires_grad_(True)
    try:
        with torch.enable_grad():
            vector = _vectors(model(features))
            found = torch.autograd.grad(vector.sum(), list(weights.values()), allow_unused=True)
    finally:
        for name, weight in weights.items():
            weight.requires_grad_(learned[name])
    return {
        name: weight
        for (name, weight), gradient in zip(weights.items(), found, strict=True)
        if gradient is not None
    }


def _smallest(kind: Kind) -> Any:
    from PIL import Image

    return Image.new("RGB", (64, 64)) if kind == PICTURE else "a"


def _projections(model: SentenceTransformer) -> list[nn.Parameter]:
    """The weights of the linear layers that follow the towers' bodies."""
    from sentence_transformers.base.modules import Dense

    parts = {id(m): m for kind in (TEXT, PICTURE) for m in modules_of(model, kind)}
    return [w for m in parts.values() if isinstance(m, Dense) for w in m.parameters()]


def _features(
    model: SentenceTransformer, contents: Sequence[Any], prompt: str | None = None
) -> dict[str, Any]:
    features: dict[str, Any] = model.preprocess(list(contents), prompt=prompt)
    return {n: v.to(model.device) if isinstance(v, Tensor) else v for n, v in features.items()}


def _through(modules: Sequence[nn.Module], features: dict[str, Any]) -> dict[str, Any]:
    for module in modules:
        features = module(features)
    return features


def _vectors(features: dict[str, Any]) -> Tensor:
    vectors: Tensor = features[_VECTOR]
    return vectors
