"""Small real models of texts and pictures, and small pictures; the same weights at every call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageDraw
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers import models as token_models
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPProcessor,
    CLIPTokenizer,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipModel,
    SiglipProcessor,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

SIDE = 32
TOWER: Mapping[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
WORDS = [
    "a",
    "and",
    "blue",
    "circle",
    "cross",
    "dog",
    "green",
    "in",
    "on",
    "red",
    "ring",
    "snow",
    "square",
    "the",
    "two",
    "white",
]
COLOURS = ("red", "green", "blue")
SHAPES = ("circle", "square", "cross")


def save_clip(folder: Path) -> Path:
    """A CLIP in the hub's layout: config, weights, processor and tokenizer, no modules.json."""
    letters = [chr(code) for code in range(33, 127)]
    pieces = [*letters, *(f"{letter}</w>" for letter in letters)]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    make: Any = CLIPTokenizer  # untyped in transformers
    tokenizer = make(vocab=_numbered(pieces), merges=[], model_max_length=32)
    words = {
        **TOWER,
        "vocab_size": len(pieces),
        "max_position_embeddings": 32,
        "bos_token_id": len(pieces) - 2,
        "eos_token_id": len(pieces) - 1,
        "pad_token_id": len(pieces) - 1,
    }
    torch.manual_seed(5)
    model = CLIPModel(CLIPConfig(text_config=words, vision_config=_vision(), projection_dim=16))
    size = {"height": SIDE, "width": SIDE}
    pictures = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=size)
    join: Any = CLIPProcessor
    join(pictures, tokenizer).save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def save_siglip(folder: Path) -> Path:
    """A SigLIP in the hub's layout; a token for each word."""
    pieces = ["<pad>", "</s>", "<unk>", *WORDS]
    inner = Tokenizer(token_models.WordLevel(_numbered(pieces), unk_token="<unk>"))
    inner.normalizer = normalizers.Lowercase()
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    make: Any = PreTrainedTokenizerFast
    tokenizer = make(
        tokenizer_object=inner,
        model_max_length=16,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_input_names=["input_ids"],
    )
    words = {
        **TOWER,
        "vocab_size": len(pieces),
        "max_position_embeddings": 16,
        "projection_size": 32,
        "bos_token_id": None,
        "eos_token_id": 1,
        "pad_token_id": 0,
    }
    torch.manual_seed(6)
    model = SiglipModel(SiglipConfig(text_config=words, vision_config=_vision()))
    pictures = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    join: Any = SiglipProcessor
    join(pictures, tokenizer).save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def as_sentence_transformer(hub: Path, folder: Path) -> Path:
    """The same model as sentence-transformers saves it."""
    SentenceTransformer(str(hub), device="cpu", local_files_only=True).save(str(folder))
    return folder


def draw(colour: str, shape: str, side: int = 48) -> Image.Image:
    """A white picture with one coloured shape on it."""
    picture = Image.new("RGB", (side, side), "white")
    pen, box = ImageDraw.Draw(picture), (side // 6, side // 6, side - side // 6, side - side // 6)
    if shape == "circle":
        pen.ellipse(box, fill=colour)
    elif shape == "square":
        pen.rectangle(box, fill=colour)
    else:
        pen.line(box, fill=colour, width=side // 6)
        pen.line((box[0], box[3], box[2], box[1]), fill=colour, width=side // 6)
    return picture


def save_pictures(folder: Path) -> dict[str, Path]:
    """One picture for each colour and shape, by their names: red-circle.png ..."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {f"{c} {s}": folder / f"{c}-{s}.png" for c in COLOURS for s in SHAPES}
    for name, path in found.items():
        colour, shape = name.split()
        draw(colour, shape).save(path)
    return found


def _vision() -> dict[str, Any]:
    return {**TOWER, "image_size": SIDE, "patch_size": 8}


def _numbered(pieces: list[str]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(pieces)}
