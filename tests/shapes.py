"""Pictures that a test draws: coloured shapes on coloured paper, with captions that say so.

With them comes a picture model small enough to be trained in a test, of the real classes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from transformers import EfficientNetConfig, EfficientNetModel, ViTConfig, ViTModel
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

import families

COLOURS = {
    "red": (220, 30, 30), "green": (30, 180, 40), "blue": (40, 60, 220),
    "yellow": (240, 220, 40), "black": (10, 10, 10), "white": (250, 250, 250),
}  # fmt: skip
FORMS = ("circle", "bar")
SIDE = 32


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of one shape."""

    colour: str
    form: str
    paper: str

    @property
    def name(self) -> str:
        return f"{self.colour}-{self.form}-{self.paper}.png"

    @property
    def captions(self) -> tuple[str, str]:
        return (
            f"a {self.colour} {self.form} on {self.paper} paper",
            f"on paper that is {self.paper} there lies a {self.form} which is {self.colour}",
        )


def drawings() -> list[Drawing]:
    """All that differ, every sixth of which is for testing."""
    return [
        Drawing(colour, form, paper)
        for colour, form, paper in product(COLOURS, FORMS, COLOURS)
        if colour != paper
    ]


def save_pictures(folder: Path) -> Path:
    """A BEIR folder of all drawings, with their captions as queries: train and test."""
    (folder / "images").mkdir(parents=True)
    (folder / "qrels").mkdir()
    splits: dict[str, list[str]] = {"train": [], "test": []}
    corpus, queries = [], []
    for number, each in enumerate(drawings()):
        _draw(each).save(folder / "images" / each.name)
        corpus.append({"_id": each.name, "title": "", "text": "", "image": f"images/{each.name}"})
        for place, caption in enumerate(each.captions):
            queries.append({"_id": f"{each.name}#{place}", "text": caption})
            split = "train" if number % 6 else "test"
            splits[split].append(f"{each.name}#{place}\t{each.name}\t1")
    _lines(folder / "corpus.jsonl", [json.dumps(row) for row in corpus])
    _lines(folder / "queries.jsonl", [json.dumps(row) for row in queries])
    for split, rows in splits.items():
        _lines(folder / "qrels" / f"{split}.tsv", ["query-id\tcorpus-id\tscore", *rows])
    return folder


def save_text_model(folder: Path) -> Path:
    """A text tower of two layers that knows the captions' words."""
    texts = [caption for each in drawings() for caption in each.captions]
    return families.save("bert", folder, texts, similarity="cosine")


def save_picture_model(folder: Path) -> Path:
    """A vision transformer of two layers, as transformers saves it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        config = ViTConfig(
            image_size=SIDE, patch_size=8, hidden_size=32, num_hidden_layers=2,
            num_attention_heads=2, intermediate_size=64,
        )  # fmt: skip
        ViTModel(config).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return folder


def save_convolutional_model(folder: Path) -> Path:
    """An EfficientNet of few blocks, which takes pixels in no other number type than its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        config = EfficientNetConfig(
            image_size=SIDE, width_coefficient=0.25, depth_coefficient=0.25, hidden_dim=320,
        )  # fmt: skip
        EfficientNetModel(config).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return folder


def _draw(drawing: Drawing) -> Image.Image:
    picture = Image.new("RGB", (SIDE, SIDE), COLOURS[drawing.paper])
    pencil = ImageDraw.Draw(picture)
    if drawing.form == "circle":
        pencil.ellipse((8, 8, 24, 24), fill=COLOURS[drawing.colour])
    else:
        pencil.rectangle((2, 13, 30, 19), fill=COLOURS[drawing.colour])
    return picture


def _lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
