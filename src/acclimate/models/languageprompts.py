"""The few-shot prompt of each language: instruction and worked examples in that language.

The examples say the same in every language (`data/prompts/*.toml`, and English in `prompts`), so
that passages in one language can be shown with queries in another.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from acclimate.models.prompts import EXAMPLES, INSTRUCTION, Example

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What stands before a passage."""

    instruction: str
    examples: tuple[Example, ...]


@cache
def prompts() -> dict[str, Prompt]:
    """Every prompt by its language, ISO 639-1."""
    found = {path.stem: _read(path) for path in _files()}
    return {ENGLISH: Prompt(INSTRUCTION, EXAMPLES), **found}


def crossed(passages: str, queries: str) -> Prompt:
    """Examples with passages in one language and queries in another; KeyError without prompts."""
    shown, asked = prompts()[passages], prompts()[queries]
    pairs = zip(shown.examples, asked.examples, strict=True)
    return Prompt(asked.instruction, tuple(Example(a.passage, b.queries) for a, b in pairs))


@cache
def identity() -> str:
    """Changes whenever a prompt does."""
    digest = hashlib.sha256()
    for path in _files():
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _files() -> list[Path]:
    return sorted((Path(str(resources.files("acclimate"))) / "data" / "prompts").glob("*.toml"))


def _read(path: Path) -> Prompt:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    # Styles in the order of the English examples, where each comes first once.
    orders = [[style for style, _ in example.queries] for example in EXAMPLES]
    examples = tuple(
        Example(each["passage"], tuple((style, each[style]) for style in order))
        for each, order in zip(table["examples"], orders, strict=True)
    )
    return Prompt(table["instruction"], examples)
