"""Log-probabilities in tiles, against the whole softmax."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from acclimate.errors import UsageError
from acclimate.models.outputlayer import OutputLayer

WIDTH, WORDS = 8, 50


class Head(nn.Module):
    """The end of a language model: an output layer, and what it does to the logits after it."""

    def __init__(self, *, bias: bool = False, scale: float = 1.0, cap: float | None = None) -> None:
        super().__init__()
        self.out = nn.Linear(WIDTH, WORDS, bias=bias)
        self.scale, self.cap = scale, cap
        own = SimpleNamespace(final_logit_softcapping=cap)
        self.config = SimpleNamespace(get_text_config=lambda: own)

    def get_output_embeddings(self) -> nn.Linear:
        return self.out

    def forward(self, hidden: Tensor) -> Tensor:
        logits: Tensor = self.out(hidden) * self.scale
        return logits if self.cap is None else self.cap * torch.tanh(logits / self.cap)


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acclimate.models.outputlayer.WORDS", 16)
    monkeypatch.setattr("acclimate.models.outputlayer.POSITIONS", 3)


@pytest.mark.parametrize(
    "head",
    [Head(), Head(bias=True), Head(scale=0.25), Head(cap=2.0), Head(bias=True, scale=3, cap=5.0)],
)
@torch.inference_mode()
def test_tiles_give_the_log_softmax_of_the_whole_vocabulary(head: Head) -> None:
    hidden = torch.randn(7, WIDTH, generator=torch.Generator().manual_seed(1))
    places, tokens = torch.tensor([0, 6, 6, 2, 3]), torch.tensor([49, 0, 16, 15, 7])
    layer = OutputLayer.of(head, hidden[:3], head(hidden[:3]), "m")
    expected = torch.log_softmax(head(hidden), dim=-1)[places, tokens]
    torch.testing.assert_close(
        layer.log_probabilities(hidden, places, tokens), expected, atol=1e-4, rtol=0
    )


@torch.inference_mode()
def test_model_whose_logits_come_from_elsewhere_is_refused() -> None:
    head = Head()
    hidden = torch.randn(3, WIDTH, generator=torch.Generator().manual_seed(1))
    with pytest.raises(UsageError, match="m: its logits are not those of its output layer"):
        OutputLayer.of(head, hidden, head(hidden).sin(), "m")
