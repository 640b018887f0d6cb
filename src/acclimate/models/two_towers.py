"""Dual encoders: a text tower beside a picture tower, whose vectors share one space.

sentence-transformers holds the two in a Router, which sends an input to the tower of its kind. A
CLIP or SigLIP is one module with both towers inside; any such model can take part here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import torch
from torch import nn

from acclimate.errors import UsageError
from acclimate.models.dual import takes_pictures
from acclimate.models.resolve import resolve

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Module, Transformer

#: What a tower reads, as sentence-transformers calls it.
Kind = Literal["text", "image"]
TEXT: Kind = "text"
PICTURE: Kind = "image"

#: A picture tower from scratch instead of a model's name.
NEW = "new"
#: How outputs of a picture model become one vector: by the model itself.
_POOLED = {PICTURE: {"method": "forward", "method_output_name": "pooler_output"}}


def modules_of(model: SentenceTransformer, kind: Kind) -> list[Module]:
    """The modules that an input of that kind goes through, one after the other."""
    from sentence_transformers.base.modules import Router

    found: list[nn.Module] = []
    for module in model.children():
        if isinstance(module, Router):
            route = module._resolve_route_name(None, kind) or module.default_route
            found.extend(module.sub_modules[str(route)].children())
        else:
            found.append(module)
    return cast("list[Module]", found)


def join(
    text: Sequence[nn.Module], pictures: Sequence[nn.Module], like: SentenceTransformer
) -> SentenceTransformer:
    """One model of two towers, with the prompts and the similarity of `like`."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Module, Router

    towers = {TEXT: cast(list[Module], list(text)), PICTURE: cast(list[Module], list(pictures))}
    router = Router(
        cast(dict[str, list[Module]], towers),
        default_route=TEXT,
        route_mappings={(None, TEXT): TEXT, (None, PICTURE): PICTURE},
    )
    return SentenceTransformer(
        modules=[router],
        device=str(like.device),
        prompts={name: said or "" for name, said in like.prompts.items()},
        default_prompt_name=like.default_prompt_name,
        similarity_fn_name=like.similarity_fn_name,
    )


def dual_encoder(text: SentenceTransformer, pictures: str, seed: int) -> SentenceTransformer:
    """A text model with a picture tower beside it; a linear layer maps into the text's space.

    `pictures` names a picture model (a folder, a packaged one, a hub id) or is `new` for a small
    vision transformer without any training. What is new is drawn by the seed. The two understand
    each other only after training. Raises UsageError where `text` reads pictures already.
    """
    from sentence_transformers.base.modules import Dense
    from sentence_transformers.sentence_transformer.modules import Normalize

    if takes_pictures(text):
        raise UsageError(
            f"student.pictures is {pictures!r}, and student.model takes pictures already; set "
            "student.pictures to nothing, or name a model that reads texts only"
        )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        body = _new_body() if pictures == NEW else _body(pictures)
        # Without a bias: a constant part of all pictures' vectors would tell none from another.
        layer = Dense(
            int(body.get_embedding_dimension()), int(text.get_embedding_dimension() or 0),
            bias=False, activation_function=nn.Identity(),
        )  # fmt: skip
    parts: list[nn.Module] = [body, layer]
    if any(isinstance(each, Normalize) for each in text.children()):
        parts.append(Normalize())
    return join(modules_of(text, TEXT), parts, text)


def _body(name: str) -> Transformer:
    """The picture model of that name, with one vector for a picture."""
    from sentence_transformers.base.modules import Transformer

    folder = resolve(name).folder
    _check_picture_model(name, folder)
    body: Transformer = Transformer(
        str(folder),
        modality_config=_POOLED,
        module_output_name="sentence_embedding",
        model_kwargs={"dtype": torch.float32, "use_safetensors": True, "local_files_only": True},
    )
    return body


def _check_picture_model(name: str, folder: Path) -> None:
    processor = folder / "preprocessor_config.json"
    if not processor.exists() or "image_processor_type" not in json.loads(processor.read_text()):
        raise UsageError(
            f"student.pictures: {name} has no preprocessor_config.json that says how pictures are "
            "prepared; name a picture model such as efficientnet-lite0, or new"
        )


def _new_body() -> Transformer:
    """A vision transformer of 2.7 million weights for pictures of 96 by 96 pixels, untrained."""
    from tempfile import TemporaryDirectory

    from sentence_transformers.base.modules import Transformer
    from transformers import ViTConfig, ViTModel
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    side = 96
    config = ViTConfig(
        image_size=side,
        patch_size=12,
        hidden_size=192,
        num_hidden_layers=6,
        num_attention_heads=3,
        intermediate_size=768,
    )
    with TemporaryDirectory() as folder:
        ViTModel(config).save_pretrained(folder)
        ViTImageProcessorPil(size={"height": side, "width": side}).save_pretrained(folder)
        body: Transformer = Transformer(
            folder, modality_config=_POOLED, module_output_name="sentence_embedding"
        )
        return body
