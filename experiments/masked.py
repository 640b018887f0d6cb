"""A masked language model of a retriever: what learned sparse search starts from.

python experiments/masked.py MODEL CORPUS OUT [STEPS]

A retriever knows no words to answer with, and SPLADE begins with a model that does. Here an encoder
gets its family's head, the output tied with the word embeddings, and both learn to predict masked
tokens of a corpus (BERT's 15 %), by the step `mlm` of the recipes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from acclimate.corpus import open_corpus
from acclimate.models.dense import DenseEncoder
from acclimate.models.precision import training_attention
from acclimate.pretrain.loop import pretrain
from acclimate.pretrain.mlm import Mlm
from acclimate.progress import Bars
from acclimate.settings import MlmSettings, PretrainSettings

SEED = 42
STEPS = 1000


def main(name: str, corpus: str, out: Path, steps: int) -> None:
    """Write OUT/model, a folder of transformers with the head in it."""
    student = DenseEncoder.load(name, max_seq_length=128, attention=training_attention())
    torch.manual_seed(SEED)  # the weights of the head's new layers
    method = Mlm(student, MlmSettings())
    texts = [passage.content for passage in open_corpus(corpus).passages()]
    settings = PretrainSettings(
        max_steps=steps,
        per_device_train_batch_size=32,
        learning_rate=2e-4,
        warmup_steps=steps // 10,
        save_steps=max(1, steps // 4),
        seed=SEED,
    )

    out.mkdir(parents=True, exist_ok=True)
    course = pretrain(
        method, range(len(texts)), lambda rows: [texts[row] for row in rows], settings, out, Bars()
    )
    print("loss by step:", {point.step: point.loss for point in course.points})
    masked = method.head.masked
    setattr(masked, masked.base_model_prefix, method.body)
    masked.save_pretrained(out / "model")
    student.model.tokenizer.save_pretrained(out / "model")


if __name__ == "__main__":
    wanted = int(sys.argv[4]) if len(sys.argv) > 4 else STEPS
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), wanted)
