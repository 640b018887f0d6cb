"""Encode passages: ours against SentenceTransformer.encode as it comes.

    python -m bench.encode
    python -m bench.encode --items 4000 --batch-sizes 8 16 32 64

The usual way is fp32 in batches of 32. Ours uses bf16 weights where the processor multiplies them
natively, in batches that stay in its cache; `--batch-sizes` shows what the batch does to that. The
second table multiplies matrices of a layer's size and does nothing else: no encoder can gain more
from bf16 on this processor than that.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from acclimate.models.base import Similarity, Vectors
from acclimate.models.dense import DenseEncoder
from acclimate.models.resolve import resolve
from bench.compare import Agreement, Way, compare, report
from bench.inputs import MINILM, options, some_passages

Texts = Sequence[str]
#: Tokens of a batch, as matrices have rows.
ROWS = 2048
#: Products of a round.
PRODUCTS = 200


def usual(name: str) -> Way[str, Vectors]:
    """As the library's own documentation shows it."""
    model = SentenceTransformer(str(resolve(name).folder))

    def run(texts: Texts) -> Vectors:
        return np.asarray(model.encode(list(texts)), dtype=np.float32)

    return Way("sentence-transformers as it comes", run)


def encoders(name: str) -> list[DenseEncoder]:
    """Acclimate's, as it comes and in fp32: one alone where those are the same."""
    found = (DenseEncoder.load(name, dtype=dtype) for dtype in ("auto", "float32"))
    return list({encoder.placement: encoder for encoder in found}.values())


def ours(encoder: DenseEncoder) -> Way[str, Vectors]:
    """Acclimate's encoder, cosine or not as the model says."""
    return Way(f"acclimate, {encoder.placement.label}", encoder.encode_passages)


def in_batches(name: str, size: int) -> Way[str, Vectors]:
    """Acclimate's weights in batches of another size."""
    encoder = DenseEncoder.load(name)

    def run(texts: Texts) -> Vectors:
        with torch.inference_mode():
            vectors = encoder.model.encode_document(
                list(texts), batch_size=size, convert_to_tensor=True, show_progress_bar=False
            )
        return encoder.similarity.prepare(vectors.float().cpu().numpy())

    return Way(f"{encoder.placement.label}, batches of {size}", run)


def least_cosine(a: Vectors, b: Vectors) -> float:
    """Of the two vectors of any passage."""
    a, b = Similarity.COSINE.prepare(a), Similarity.COSINE.prepare(b)
    return float((a * b).sum(axis=1).min())


def products(dtype: torch.dtype) -> Way[int, None]:
    """Products as in the feed-forward part of a layer of MiniLM, with so many rows each."""
    weights = torch.randn(1536, 384, dtype=dtype)

    def run(rows: Sequence[int]) -> None:
        for count in rows:
            torch.nn.functional.linear(torch.ones(count, 384, dtype=dtype), weights)

    return Way(str(dtype).removeprefix("torch."), run)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and report."""
    parser = options(__doc__, 1000, "passages")
    parser.add_argument("--model", default=MINILM)
    parser.add_argument("--batch-sizes", type=int, nargs="*", default=[], metavar="N")
    given = parser.parse_args(arguments)
    texts = [passage.content for passage in some_passages(given.collection, given.items)]
    own = encoders(given.model)
    ways = [usual(given.model), *map(ours, own)]
    ways += [in_batches(given.model, size) for size in given.batch_sizes]
    found = compare("encode", "passages", texts, ways, given.repetitions)
    expected = found.results[0]
    agreements = [
        Agreement(
            f"least cosine, {way.name}",
            least_cosine(expected, vectors),
            0.9999 if encoder.placement.dtype is torch.float32 else 0.98,
        )
        for encoder, way, vectors in zip(own, ways[1:], found.results[1:], strict=False)
    ]
    types = [products(torch.float32), products(torch.bfloat16)]
    ceiling = compare("multiply", "products", [ROWS] * PRODUCTS, types, given.repetitions)
    return report([(found, agreements), (ceiling, [])], vars(given), given.json)


if __name__ == "__main__":
    sys.exit(main())
