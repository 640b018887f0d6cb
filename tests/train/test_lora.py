from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer
from test_loop import CONTENTS, TOYS, kill_at, losses, same, task, trained, weights
from torch import nn
from transformers import BertForSequenceClassification

from acclimate.adapt.deliver import save_model
from acclimate.errors import UsageError
from acclimate.models.dense import DenseEncoder
from acclimate.progress import Silent
from acclimate.train.loop import train
from acclimate.train.lora import Factored, attach, folded
from toys import WIDTH, Toys

#: Six layers in each of two blocks: query, key, value and out of the attention, two feed-forward.
LAYERS = 12
QUERIES = [toy.own[0] for toy in TOYS]


def test_layer_gains_the_product_of_its_factors() -> None:
    layer = Factored(nn.Linear(2, 2), 1, torch.Generator())
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        layer.bias.zero_()
        layer.lora_down.copy_(torch.tensor([[10.0, 20.0]]))
        layer.lora_up.copy_(torch.tensor([[0.5], [-1.0]]))
    given = torch.tensor([[1.0, 1.0]])
    # 1 + 2 and 3 + 4, and of the factors 30 times a half and 30 times minus one.
    assert layer(given).tolist() == [[18.0, -23.0]]
    assert layer.folded().weight.tolist() == [[6.0, 12.0], [-7.0, -16.0]]
    assert layer.folded()(given).tolist() == [[18.0, -23.0]]


def test_only_attention_and_feed_forward_get_factors_and_only_those_learn(toy: Toys) -> None:
    model = DenseEncoder.load(str(toy.encoder), dtype="float32").model
    attach(model, 3, seed=0)
    learning = {n: tuple(p.shape) for n, p in model.named_parameters() if p.requires_grad}
    layer = "0.model.encoder.layer.1"
    shapes = {
        f"{layer}.attention.self.query.lora_down": (3, WIDTH),
        f"{layer}.attention.self.query.lora_up": (WIDTH, 3),
        f"{layer}.output.dense.lora_down": (3, 2 * WIDTH),
        f"{layer}.output.dense.lora_up": (WIDTH, 3),
    }
    assert len(learning) == 2 * LAYERS
    assert shapes.items() <= learning.items()
    assert not any("pooler" in name or "embeddings" in name for name in learning)


def test_head_that_may_be_new_learns_in_full(toy: Toys) -> None:
    model = BertForSequenceClassification.from_pretrained(toy.cross)
    attach(model, 3, seed=0)
    learning = {n for n, p in model.named_parameters() if p.requires_grad}
    heads = {name for name in learning if "lora" not in name}
    assert heads == {"classifier.weight", "classifier.bias"}
    assert len(learning - heads) == 2 * LAYERS


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_student_begins_as_the_model_that_it_is_made_of(toy: Toys, dtype: str) -> None:
    plain = DenseEncoder.load(str(toy.encoder), dtype=dtype)
    factored = DenseEncoder.load(str(toy.encoder), dtype=dtype)
    attach(factored.model, 4, seed=0)
    texts = CONTENTS[:8]
    np.testing.assert_array_equal(factored.encode_passages(texts), plain.encode_passages(texts))
    before = {name: weight.float() for name, weight in weights(plain).items()}
    assert same(before, {n: w.float() for n, w in weights_of(folded(factored.model)).items()})


def weights_of(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: each.detach() for name, each in model.named_parameters()}


def test_trained_factors_are_delivered_as_an_ordinary_model(toy: Toys, tmp_path: Path) -> None:
    student = DenseEncoder.load(str(toy.encoder), dtype="float32")
    wanted = task(lora_rank=4, learning_rate=1e-2, max_steps=40, save_steps=20)
    course = train(student, wanted, tmp_path / "run", Silent())
    assert course.best_loss < 0.9 * course.points[0].held_out_loss
    save_model(student, tmp_path / "model")
    names = load_file(tmp_path / "model" / "model.safetensors").keys()
    assert names == load_file(toy.encoder / "model.safetensors").keys()
    loaded = SentenceTransformer(str(tmp_path / "model"), device="cpu")
    assert {type(m) for m in loaded.modules()}.isdisjoint({Factored})
    np.testing.assert_allclose(
        loaded.encode_query(QUERIES), student.encode_queries(QUERIES), atol=1e-5
    )


def test_checkpoints_hold_the_factors_alone(toy: Toys, tmp_path: Path) -> None:
    trained(toy, tmp_path, task(lora_rank=2, max_steps=4))
    best = load_file(tmp_path / "best.safetensors")
    assert len(best) == 2 * LAYERS
    assert all(name.endswith(("lora_down", "lora_up")) for name in best)
    state = load_file(tmp_path / "state.safetensors")
    assert {name.partition("/")[2] for name in state} == best.keys()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_resumed_training_ends_with_the_factors_of_one_that_was_not_interrupted(
    toy: Toys, tmp_path: Path, dtype: str
) -> None:
    wanted = task(lora_rank=4, merge=(0.5, 1.0), learning_rate=1e-2)
    whole, expected = trained(toy, tmp_path / "whole", wanted, dtype)
    for steps in (2, 6, 12):
        kill_at(steps, toy, tmp_path / "killed", wanted, dtype)
    course, found = trained(toy, tmp_path / "killed", wanted, dtype)
    assert whole.best_step > 0
    assert same(found, expected)
    assert (losses(course), course.mixtures) == (losses(whole), whole.mixtures)


def test_student_without_such_layers_is_refused() -> None:
    static = nn.Sequential(nn.EmbeddingBag(3, 2), nn.Linear(2, 2))
    with pytest.raises(UsageError, match=r"train\.lora_rank: .* set it to 0"):
        attach(static, 4, seed=0)
