"""An experiment in small: two toy corpora, a recipe of toy parts, and grids over them."""

from __future__ import annotations

from pathlib import Path

from toys import Toys, toy_corpus

RECIPE = """
[student]
model = "{encoder}"
[generate]
model = "{causal}"
per_passage = 1
max_query_tokens = 8
styles = ["question"]
[filter]
enabled = false
[mine]
negatives = 5
[label]
teachers = ["bm25"]
negatives = 4
[train]
per_device_train_batch_size = 8
max_steps = 4
save_steps = 2
warmup_steps = 1
learning_rate = 1e-3
held_out = 0.2
"""

GRID = """
name = "Toys"
description = "Two systems that are trained, and two that are not"
recipe = "{recipe}"
baseline = "zero-shot"
measures = "nDCG@10 RR@10"
seeds = [1, 2]
examples = 2

[[corpora]]
name = "one"
corpus = "{one}"

[[corpora]]
name = "two"
corpus = "{two}"
split = "dev"

[[systems]]
name = "BM25"
search = "bm25"

[[systems]]
name = "zero-shot"
search = "student"

[[systems]]
name = "GPL"

[[systems]]
name = "GPL, listwise"
set = ["train.objective=kl", "train.negatives=3"]
"""

#: One corpus and one seed, for what needs no more.
SHORT = """
name = "Short"
recipe = "{recipe}"
baseline = "zero-shot"
seeds = [1]
corpora = [{{name = "one", corpus = "{one}"}}]
systems = [{{name = "zero-shot", search = "student"}}, {{name = "GPL"}}]
"""

#: A system that is a folder without a model in it.
BROKEN = """
name = "Broken"
recipe = "{recipe}"
baseline = "zero-shot"
corpora = [{{name = "one", corpus = "{one}"}}]
systems = [{{name = "broken", search = "{one}"}}, {{name = "zero-shot", search = "student"}}]
"""


def write_parts(folder: Path, toy: Toys) -> dict[str, str]:
    """The corpora and the recipe of the grids above, by the names that stand in them."""
    recipe = folder / "tiny.toml"
    recipe.write_text(RECIPE.format(encoder=toy.encoder, causal=toy.causal))
    return {
        "recipe": str(recipe),
        "one": str(toy_corpus(folder / "one", 16)),
        "two": str(toy_corpus(folder / "two", 20)),
    }


def write_grid(path: Path, grid: str, parts: dict[str, str], further: str = "") -> Path:
    """A grid's file; `further` stands before its tables."""
    path.write_text(f"{further}\n{grid.format(**parts)}")
    return path
