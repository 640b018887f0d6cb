"""Adapting queries alone: what learns, what stays, and how it is delivered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer
from test_loop import CONTENTS, TOYS, same, task, trained, weights

from acclimate.adapt.deliver import save_model
from acclimate.errors import UsageError
from acclimate.models.dense import DenseEncoder
from acclimate.progress import Silent
from acclimate.train.loop import train
from acclimate.train.query_side import part, restore_passages
from toys import Toys

QUERIES = [toy.own[0] for toy in TOYS]
LEARNING = "0.sub_modules.query."


def test_queries_learn_and_passages_keep_their_vectors(toy: Toys, tmp_path: Path) -> None:
    student = DenseEncoder.load(str(toy.encoder), dtype="float32")
    wanted = task(query_only=True, learning_rate=3e-3, max_steps=40, save_steps=20)
    course = train(student, wanted, tmp_path / "run", Silent())
    assert course.best_loss < 0.95 * course.points[0].held_out_loss
    assert all(name.startswith(LEARNING) for name in load_file(tmp_path / "run/best.safetensors"))
    save_model(student, tmp_path / "model")
    original = SentenceTransformer(str(toy.encoder), device="cpu")
    loaded = SentenceTransformer(str(tmp_path / "model"), device="cpu")
    np.testing.assert_array_equal(
        loaded.encode_document(CONTENTS), original.encode_document(CONTENTS)
    )
    moved = loaded.encode_query(QUERIES) - original.encode_query(QUERIES)
    assert np.abs(moved).max() > 0.01
    np.testing.assert_allclose(
        loaded.encode_query(QUERIES), student.encode_queries(QUERIES), atol=1e-6
    )


def test_resumed_training_ends_like_one_that_was_not_interrupted(toy: Toys, tmp_path: Path) -> None:
    wanted = task(query_only=True, lora_rank=2, merge=(0.5, 1.0), max_steps=8)
    _, expected = trained(toy, tmp_path / "whole", wanted)
    assert all(LEARNING in name for name in load_file(tmp_path / "whole" / "best.safetensors"))
    (tmp_path / "again").mkdir()
    for name in ("best", "state"):
        path = tmp_path / "whole" / f"{name}.safetensors"
        (tmp_path / "again" / path.name).write_bytes(path.read_bytes())
    _, found = trained(toy, tmp_path / "again", wanted)
    assert same(found, expected)


def test_passages_way_gets_back_what_rounding_took(toy: Toys) -> None:
    original = DenseEncoder.load(str(toy.encoder), dtype="float32")
    student = DenseEncoder.load(str(toy.encoder), dtype="bfloat16")
    part(student.model)
    student.model.float()
    before = weights(original)
    prefix = "0.sub_modules.document."

    def way() -> dict[str, torch.Tensor]:
        found = weights(student)
        return {n.removeprefix(prefix): w for n, w in found.items() if n.startswith(prefix)}

    assert way().keys() == before.keys()
    assert not same(way(), before)
    restore_passages(student.model, toy.encoder)
    assert same(way(), before)


def test_student_that_has_ways_already_is_refused(toy: Toys) -> None:
    model = DenseEncoder.load(str(toy.encoder)).model
    part(model)
    with pytest.raises(UsageError, match=r"train\.query_only: .* set it to no"):
        part(model)
