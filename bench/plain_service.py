"""What one writes in an afternoon: a FastAPI handler that encodes each query by itself.

    python -m bench.plain_service --collection data/scifact --port 8001

The same model as ours, exact search with numpy over all vectors, no batches, no limits. Vectors
are encoded at the start, or kept in --vectors.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer

from acclimate.models.resolve import resolve
from bench.inputs import MINILM, some_passages


class Asked(BaseModel):
    """A query."""

    query: str
    k: int = 10


def app_over(model: SentenceTransformer, passages: list[Any], vectors: Any) -> FastAPI:
    """The handler; FastAPI runs it in its own threads, forty at most."""
    app = FastAPI()

    @app.post("/search")
    def search(asked: Asked) -> dict[str, Any]:
        vector = model.encode_query(asked.query, normalize_embeddings=True, show_progress_bar=False)
        scores = vectors @ vector
        best = np.argpartition(-scores, asked.k)[: asked.k]
        best = best[np.argsort(-scores[best])]
        return {
            "results": [
                {
                    "id": passages[row].id,
                    "title": passages[row].title,
                    "text": passages[row].text,
                    "score": float(scores[row]),
                }
                for row in best
            ]
        }

    @app.get("/readyz")
    def ready() -> str:
        return "ready"

    return app


def main() -> int:
    """Serve until killed."""
    parser = ArgumentParser()
    parser.add_argument("--collection", required=True)
    parser.add_argument("--items", type=int, default=0)
    parser.add_argument("--model", default=MINILM)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--vectors", type=Path, required=True, help="made where it is absent")
    given = parser.parse_args()
    passages = some_passages(given.collection, given.items)
    model = SentenceTransformer(str(resolve(given.model).folder), device="cpu")
    if not given.vectors.exists():
        vectors = model.encode_document(
            [passage.content for passage in passages],
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        np.save(given.vectors, vectors)
    vectors = np.load(given.vectors)
    uvicorn.run(app_over(model, passages, vectors), port=given.port, access_log=False,
                log_level="warning")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
