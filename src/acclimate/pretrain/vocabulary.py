"""From hidden states to the vocabulary: the head of a family's own masked language model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from acclimate.errors import UsageError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class VocabularyHead(nn.Module):
    """The transformation and the output layer, the latter tied with the word embeddings.

    They come from the checkpoint where it has them, as those of pre-trained language models do;
    most retrievers were saved without, and begin with the family's usual random ones. Raises
    UsageError where the family has no masked language model.
    """

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        body = body_of(model)
        masked = _masked_model(body)
        masked.get_output_embeddings().weight = body.get_input_embeddings().weight
        setattr(masked, masked.base_model_prefix, _Given())
        self.masked = masked.to(dtype=body.dtype, device=body.device)

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits of shape (tokens, vocabulary) in fp32 for hidden states (tokens, width)."""
        logits: Tensor = self.masked(inputs_embeds=hidden[None]).logits
        return logits[0].float()


def _masked_model(body: Any) -> Any:
    from transformers import AutoModelForMaskedLM
    from transformers.utils import logging

    told = logging.get_verbosity()
    # A retriever without the head is as it should be, and no corrupt checkpoint.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        return AutoModelForMaskedLM.from_pretrained(
            _checkpoint(body), dtype=torch.float32, use_safetensors=True, local_files_only=True
        )
    except ValueError as error:
        raise UsageError(
            f"there is no masked language model of the family {body.config.model_type!r}; take "
            "steps that need none, such as ict, simcse or ct"
        ) from error
    finally:
        logging.set_verbosity(told)


def _checkpoint(body: Any) -> Path:
    """Where the body was loaded from; older retrievers keep it in a folder of its own."""
    root = Path(body.name_or_path)
    if (root / "config.json").exists():
        return root
    modules = json.loads((root / "modules.json").read_text(encoding="utf-8"))
    return root / str(modules[0]["path"])


def body_of(model: SentenceTransformer) -> Any:
    """The transformer below the pooling. Raises UsageError where a model has none."""
    body = model.transformers_model
    if body is None:
        raise UsageError("this student has no transformer in it, so that its tokens have no layers")
    return body


class _Given(nn.Module):
    """In place of an encoder: its hidden states are what it is given."""

    def forward(self, *_: Any, inputs_embeds: Tensor, **__: Any) -> Any:
        from transformers.modeling_outputs import BaseModelOutput

        return BaseModelOutput(last_hidden_state=inputs_embeds)
