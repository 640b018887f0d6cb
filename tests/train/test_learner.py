from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import toys
from acclimate.models.dense import DenseEncoder
from acclimate.settings import TrainSettings
from acclimate.train import encode
from acclimate.train.batches import Example, assembler
from acclimate.train.learner import Learner
from acclimate.train.team import ALONE
from acclimate.train.work import Step, Work
from toys import Toys

CONTENTS = toys.toy_texts()
SETTINGS = TrainSettings(objective="mnrl", scale=20.0, max_steps=1, learning_rate=1e-3)


def large_batch() -> Work:
    """Every toy passage with a query of its own words: 40 queries of 40 candidates each."""
    queries = [" ".join(text.split()[:3]) for text in CONTENTS]
    examples = [
        Example(query, np.array([row]), np.zeros(1, dtype=np.float32))
        for row, query in enumerate(queries)
    ]
    batch = assembler(examples, in_batch=True)(examples)
    passages = [CONTENTS[row] for row in batch.passages]
    return Work(passages, batch.queries, batch.cells, batch.values, batch.mask)


def after_one_step(folder: Path) -> tuple[float, dict[str, Tensor]]:
    student = DenseEncoder.load(str(folder))
    learner = Learner(student, SETTINGS, ALONE)
    loss = learner.step(Step(large_batch(), 0))
    return loss, {name: each.detach().clone() for name, each in student.model.named_parameters()}


@pytest.mark.usefixtures("fp32")
def test_large_batch_takes_the_step_of_one_that_fits_with_few_graphs_in_memory(
    toy: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_loss, whole = after_one_step(toy.encoder)
    monkeypatch.setattr(encode, "GRAPH_TOKENS", 64)
    loss, cached = after_one_step(toy.encoder)
    assert loss == pytest.approx(whole_loss)
    for name, weight in whole.items():
        torch.testing.assert_close(cached[name], weight, atol=1e-6, rtol=1e-5)
