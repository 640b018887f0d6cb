"""What a model's inputs of all shapes leave in memory, with texts filled up as the service does.

    python -m bench.shapes --collection data/scifact

Queries go through the model in batches of 1 to 16, drawn by chance, on one thread; each way in a
process of its own. What is compiled for a shape of a matrix (oneDNN, on CPUs) is kept, for about
a thousand shapes unless LRU_CACHE_CAPACITY and ONEDNN_PRIMITIVE_CACHE_CAPACITY say otherwise.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence

import torch
from rich.console import Console
from rich.table import Table

from acclimate.models.dense import DenseEncoder
from acclimate.models.loading import fill_in_steps
from acclimate.serve.models import STEP
from bench.compare import machine
from bench.inputs import MINILM, SEED, options, own_queries, some_passages
from bench.load import held

#: Tokens that texts are filled up to multiples of; 1 leaves them as they come.
WAYS = (1, STEP, 2 * STEP)
ROUNDS = 5
BATCHES = 120
LARGEST = 16


def grown(collection: str, items: int, model: str, tokens: int) -> list[float]:
    """Megabytes that this process holds beyond those of its first batch, after every round."""
    torch.set_num_threads(1)
    queries = [query.text for query in own_queries(some_passages(collection, items))]
    encoder = DenseEncoder.load(model)
    if tokens > 1:
        fill_in_steps(encoder.model, tokens)
    draw = random.Random(SEED)
    encoder.encode_queries(queries[:4])
    start, found = _held(), list[float]()
    for _ in range(ROUNDS):
        for _ in range(BATCHES):
            encoder.encode_queries(draw.sample(queries, draw.randint(1, LARGEST)))
        found.append(round(_held() - start, 1))
    return found


def _held() -> float:
    return held("self") / 2**20


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each way in a process of its own, show and write."""
    parser = options(__doc__, 600, "passages")
    parser.add_argument("--model", default=MINILM)
    parser.add_argument("--tokens", type=int, help="measure this way alone, in this process")
    given = parser.parse_args(arguments)
    if given.tokens:
        print(json.dumps(grown(given.collection, given.items, given.model, given.tokens)))
        return 0
    asked = ["--collection", given.collection, "--items", str(given.items), "--model", given.model]
    found = {tokens: _apart([*asked, "--tokens", str(tokens)]) for tokens in WAYS}
    table = Table("texts filled up to", *(f"after {BATCHES * n}" for n in range(1, ROUNDS + 1)))
    for tokens, sizes in found.items():
        name = f"multiples of {tokens}" if tokens > 1 else "as they come"
        table.add_row(name, *(f"{size:.0f} MB" for size in sizes))
    Console(highlight=False).print(table)
    if given.json:
        settings = {"collection": given.collection, "items": given.items, "model": given.model}
        value = {"machine": machine(), "settings": settings, "megabytes": found}
        given.json.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    return 0


def _apart(arguments: list[str]) -> list[float]:
    ran = subprocess.run(
        [sys.executable, "-m", "bench.shapes", *arguments],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    sizes: list[float] = json.loads(ran.stdout)
    return sizes


if __name__ == "__main__":
    sys.exit(main())
