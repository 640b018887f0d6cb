"""Translations into languages that nobody speaks: word by word, from a small vocabulary."""

from __future__ import annotations

import random
from pathlib import Path

import toys

WORDS = sorted({word.strip(".") for text in toys.toy_texts(8) for word in text.lower().split()})[
    :40
]


def sentences(count: int, seed: int = 5) -> list[str]:
    draw = random.Random(seed)
    found = {" ".join(draw.sample(WORDS, draw.randint(3, 5))) for _ in range(2 * count)}
    return sorted(found)[:count]


def backwards(text: str) -> str:
    """One language: every word from its end, in the letters of another script."""
    return " ".join("".join(chr(ord(char) + 0x3D0) for char in word[::-1]) for word in text.split())


def doubled(text: str) -> str:
    """Another one: the last syllable first, and a sound that no other language has."""
    return " ".join(f"{word[-2:]}ш{word[:-2]}" for word in text.split())


LANGUAGES = {"el": backwards, "bg": doubled}


def parallel_files(folder: Path, count: int = 300) -> list[Path]:
    """A table for each language, the same sentences in both."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, translate in LANGUAGES.items():
        path = folder / f"en-{name}.tsv"
        path.write_text("".join(f"{text}\t{translate(text)}\n" for text in sentences(count)))
        paths.append(path)
    return paths


def teacher(folder: Path) -> Path:
    """A bi-encoder that knows the words of the first language."""
    return toys.tiny_encoder(folder, [" ".join(WORDS)])


def blank(folder: Path) -> Path:
    """A bi-encoder that can read all languages, and knows what none of their words mean."""
    text = " ".join(WORDS)
    return toys.tiny_encoder(folder, [text, *(each(text) for each in LANGUAGES.values())])
