"""The dry run: what it promises, and that it leaves nothing behind."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import tiny
import torch

from acclimate.adapt.plan import Clock, plan
from acclimate.corpus import open_corpus
from acclimate.recipes import apply_overrides
from toys import Toys


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return tiny.corpus(tmp_path / "corpus")


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_stages_whose_models_are_here_have_counts_and_times(
    toy: Toys, corpus: Path, tmp_path: Path
) -> None:
    recipe = tiny.recipe(toy, "bm25", "student", f"cross-encoder:{toy.cross}")
    before = files(tmp_path)
    found = plan(open_corpus(corpus), recipe)
    assert files(tmp_path) == before
    stages = {stage.name: stage for stage in found.stages}
    labels = [f"label {name}" for name in recipe.label.teachers]
    assert list(stages) == ["encode", "generate", "mine", *labels, "train", "measure"]
    assert all(stage.seconds > 0 for stage in found.stages)
    assert found.seconds == pytest.approx(sum(stage.seconds for stage in found.stages))
    assert not any(stage.download for stage in found.stages)
    counts = {name: stage.items for name, stage in stages.items()}
    assert (counts["encode"], counts["generate"], counts["mine"]) == (25, 50, 75)
    assert {counts[name] for name in labels} == {75 * 6}
    assert counts["train"] == 6


def test_model_that_is_not_here_is_named_as_a_download(toy: Toys, corpus: Path) -> None:
    missing = "nobody/such-a-reranker"
    recipe = tiny.recipe(toy, f"cross-encoder:{missing}")
    recipe = apply_overrides(recipe, ["generate.model=nobody/such-a-generator"])
    stages = {stage.name: stage for stage in plan(open_corpus(corpus), recipe).stages}
    label, generate = stages[f"label cross-encoder:{missing}"], stages["generate"]
    assert label.download == f"{missing} (size unknown)"
    assert generate.download == "nobody/such-a-generator (size unknown)"
    assert label.seconds == generate.seconds == 0
    assert stages["train"].seconds > 0


def test_passages_are_what_a_bi_encoder_as_teacher_costs(toy: Toys, corpus: Path) -> None:
    name = f"encoder:{toy.encoder}"
    stages = {
        stage.name: stage for stage in plan(open_corpus(corpus), tiny.recipe(toy, name)).stages
    }
    assert stages[f"label {name}"].items == 25
    assert stages[f"label {name}"].what == "passages"
    assert stages[f"label {name}"].seconds > 0


def test_only_own_sentences_need_no_generator(toy: Toys, corpus: Path) -> None:
    recipe = apply_overrides(tiny.recipe(toy), ["generate.only_own_sentences=true"])
    stages = {stage.name: stage for stage in plan(open_corpus(corpus), recipe).stages}
    assert (stages["generate"].items, stages["mine"].items) == (25, 25)
    assert stages["generate"].download == ""


@pytest.mark.skipif(torch.cuda.is_available(), reason="a processor that waits for it tells nothing")
def test_a_clock_tells_how_much_longer_work_took_than_its_thread_was_at_it() -> None:
    clock = Clock()
    assert clock.slowdown == 1.0
    assert clock.time(lambda: time.sleep(0.2)) >= 0.2
    # As on a machine whose processors have other work nearly all of the time.
    assert clock.slowdown > 10
