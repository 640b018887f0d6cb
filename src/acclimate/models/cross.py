"""Cross-encoders: query and passage are read together. Scores are raw logits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from acclimate.errors import UsageError
from acclimate.models.precision import best_placement
from acclimate.models.resolve import ResolvedModel, resolve
from acclimate.types import Passage, Query

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


@dataclass(frozen=True, slots=True)
class CrossScorer:
    """A PairScorer over a sentence-transformers cross-encoder with one output."""

    model: CrossEncoder
    resolved: ResolvedModel
    batch_size: int
    identity: str

    @classmethod
    def load(
        cls,
        name: str,
        *,
        max_tokens: int = 350,
        batch_size: int = 32,
        dtype: str = "auto",
        attention: str | None = None,
    ) -> CrossScorer:
        """Load a local folder or a hub id; see `resolve` for the errors.

        `attention` is the implementation in transformers' words; none leaves it to the library.
        """
        from sentence_transformers import CrossEncoder

        resolved = resolve(name)
        placement = best_placement(dtype)
        model = CrossEncoder(
            str(resolved.folder),
            device=str(placement.device),
            local_files_only=True,
            # A small model may have fewer positions than are asked for.
            max_length=min(max_tokens, _positions(resolved.folder, max_tokens)),
            model_kwargs={
                "dtype": torch.float32,
                "use_safetensors": True,
                "attn_implementation": attention,
            },
        )
        if model.num_labels != 1:
            raise UsageError(
                f"{name} has {model.num_labels} outputs; a teacher needs a cross-encoder with one"
            )
        model.to(placement.dtype).eval()
        return cls(
            model, resolved, batch_size, f"{resolved.identity}-{max_tokens}-{placement.label}"
        )

    @property
    def name(self) -> str:
        return f"cross-encoder:{self.resolved.name}"

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        """Raw logits: a sigmoid, many models' default, would squash every clear margin to zero."""
        if not pairs:
            return []
        scores = self.model.predict(
            [(query.text, passage.content) for query, passage in pairs],
            batch_size=self.batch_size,
            activation_fn=torch.nn.Identity(),
            convert_to_tensor=True,
            show_progress_bar=False,
        )
        return [float(score) for score in scores.float().cpu()]


def _positions(folder: Path, default: int) -> int:
    """How many tokens a model can tell apart by their place."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    return int(getattr(config, "max_position_embeddings", None) or default)
