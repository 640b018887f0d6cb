"""Adapting how queries are read, while passages keep the vectors that they have.

An index over the original model stays as it is: it is searched with the adapted model's queries.
What is delivered is a model of two ways (sentence-transformers' Router), one of which learned.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import cast

import torch
from sentence_transformers.base.model import BaseModel
from sentence_transformers.base.modules import Module, Router
from torch import nn

from acclimate.errors import UsageError

QUERY, PASSAGE = "query", "document"


def part(model: BaseModel) -> None:
    """Part a model into two ways, alike at the start: that of queries learns, the other does not.

    Raises UsageError where it has ways of its own.
    """
    if has_ways(model):
        raise UsageError(
            "train.query_only: this student reads queries and passages in ways of its own already; "
            "set it to no, or choose a student that reads both alike"
        )
    passages = cast(list[Module], list(model.children()))
    # One tokenizer for both, since it is saved with how it was used last.
    shared = {id(model.tokenizer): model.tokenizer}
    queries = deepcopy(passages, shared)
    for module in passages:
        module.requires_grad_(False)
    del model[:]
    model.append(Router.for_query_document(queries, passages))


def has_ways(model: nn.Module) -> bool:
    """Whether queries and passages are read by different modules."""
    return any(isinstance(each, Router) for each in model.children())


def restore_passages(model: BaseModel, origin: Path) -> None:
    """Give the passages' way the weights of the original's folder: bf16 has rounded them."""
    options = {"dtype": torch.float32, "use_safetensors": True}
    original = type(model)(str(origin), device="cpu", local_files_only=True, model_kwargs=options)
    way = model.get_submodule(f"0.sub_modules.{PASSAGE}")
    for module, before in zip(way.children(), original.children(), strict=True):
        module.load_state_dict(before.state_dict())
