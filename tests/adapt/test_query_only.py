from __future__ import annotations

from pathlib import Path

import numpy as np
import tiny
from sentence_transformers import SentenceTransformer

from acclimate.adapt.gpl import adapt
from acclimate.corpus import open_corpus
from acclimate.recipes import apply_overrides
from toys import Toys


def test_delivered_model_reads_passages_as_the_original_does(toy: Toys, tmp_path: Path) -> None:
    # In bf16, whose rounding no passage's vector may show.
    changes = ["train.query_only=yes", "train.learning_rate=1e-2", "student.dtype=bfloat16"]
    corpus = open_corpus(tiny.corpus(tmp_path / "corpus"))
    recipe = apply_overrides(tiny.recipe(toy), [*changes, "generate.only_own_sentences=yes"])
    result = adapt(corpus, tmp_path / "out", recipe)
    texts = [passage.content for passage in corpus.passages()]
    original = SentenceTransformer(str(toy.encoder), device="cpu")
    adapted = SentenceTransformer(str(result.model), device="cpu")
    np.testing.assert_array_equal(adapted.encode_document(texts), original.encode_document(texts))
    assert result.training.best_step > 0
    assert np.abs(adapted.encode_query(texts) - original.encode_query(texts)).max() > 0.01
