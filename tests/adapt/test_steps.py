"""Recipes of several steps: each goes on from the model of the one before."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import deadly
import pytest
import tiny
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer

import families
import toys
from acclimate.adapt.gpl import adapt
from acclimate.adapt.plan import plan
from acclimate.adapt.result import Adaptation
from acclimate.corpus import open_corpus
from acclimate.errors import InputError, UsageError
from acclimate.report.card import model_card
from acclimate.report.html import render
from acclimate.report.table import as_json
from acclimate.settings import MlmSettings, PretrainSettings, Recipe, SourceSettings
from together import in_processes
from toys import Toys

Taken = Callable[..., Adaptation]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def recipe(toy: Toys, tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """Masked tokens first, then the generated queries."""
    encoder = families.save(
        "bert", tmp_path_factory.mktemp("student"), toys.toy_texts(), similarity="cosine"
    )
    made = tiny.recipe(toy)
    return replace(
        made,
        steps=("mlm", "gpl"),
        student=replace(made.student, model=str(encoder), dtype="float32"),
        generate=replace(made.generate, only_own_sentences=True, own_sentences=2),
        pretrain=PretrainSettings(max_steps=4, save_steps=2, learning_rate=1e-3, warmup_steps=1),
    )


@pytest.fixture(scope="module")
def out(corpus: Path, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted; later tests change its settings and go on."""
    folder = tmp_path_factory.mktemp("whole")
    adapt(open_corpus(corpus), folder, recipe)
    return folder


def stages(out: Path, name: str) -> int:
    return len(list(out.glob(f"stages/{name}-*/")))


def test_each_step_starts_from_the_one_before(
    corpus: Path, recipe: Recipe, out: Path, tmp_path: Path
) -> None:
    result = adapt(open_corpus(corpus), out, recipe)
    assert [step.step for step in result.steps] == ["mlm", "gpl"]
    assert [step.steps for step in result.steps] == [4, 6]
    assert [step.watched for step in result.steps] == [False, True]
    alone = adapt(open_corpus(corpus), tmp_path, replace(recipe, steps=("gpl",)))
    assert alone.training.points[0].held_out_loss != result.training.points[0].held_out_loss
    assert SentenceTransformer(str(out / "model")).encode(["words"]).shape == (1, families.WIDTH)


def test_a_changed_setting_redoes_what_depends_on_it(
    corpus: Path, recipe: Recipe, out: Path
) -> None:
    def again(changed: Recipe) -> list[int]:
        adapt(open_corpus(corpus), out, changed)
        return [stages(out, name) for name in ("sentences", "mine", "mlm", "train")]

    assert again(recipe) == [1, 1, 1, 1]
    assert again(replace(recipe, train=replace(recipe.train, seed=1))) == [1, 1, 1, 2]
    assert again(replace(recipe, tsdae=replace(recipe.tsdae, deleted=0.1))) == [1, 1, 1, 2]
    assert again(replace(recipe, mlm=MlmSettings(masked=0.3))) == [1, 1, 2, 3]


def test_pre_training_alone_is_measured_and_told(corpus: Path, recipe: Recipe, out: Path) -> None:
    result = adapt(open_corpus(corpus), out, replace(recipe, steps=("mlm",)))
    card = model_card(result)
    assert "labels: the model learned to predict masked tokens of the corpus" in card
    assert "Training (mlm) ran for 4 steps" in card
    assert "GPL" not in card
    assert "the held-out queries are sentences" in card
    assert "there is nothing held out to choose by" in render(result)
    json.dumps(as_json(result), allow_nan=False)


def test_the_card_tells_every_step(corpus: Path, recipe: Recipe, out: Path) -> None:
    card = model_card(adapt(open_corpus(corpus), out, recipe))
    assert card.index("masked tokens") < card.index("; then queries were made")
    assert "- mlm\n- gpl\n" in card


def test_a_killed_pre_training_goes_on_and_ends_as_one_that_was_not(
    corpus: Path, recipe: Recipe, out: Path, tmp_path: Path
) -> None:
    dying = (corpus, tmp_path, recipe, "stages/mlm-*/state.safetensors", 2)
    assert in_processes(deadly.run, dying) == [-signal.SIGKILL]
    adapt(open_corpus(corpus), tmp_path, recipe)
    [found] = tmp_path.glob("stages/mlm-*/model/model.safetensors")
    expected = out / found.relative_to(tmp_path)
    assert found.read_bytes() == expected.read_bytes()


def test_qgen_takes_no_labels(corpus: Path, recipe: Recipe, tmp_path: Path) -> None:
    def weights(teachers: tuple[str, ...]) -> bytes:
        labels = replace(recipe.label, teachers=teachers)
        train = replace(recipe.train, negatives=0, objective="mnrl", max_steps=2, save_steps=2)
        changed = replace(recipe, steps=("qgen",), label=labels, train=train)
        return (
            adapt(open_corpus(corpus), tmp_path, changed).model / "model.safetensors"
        ).read_bytes()

    assert weights(("bm25",)) == weights(("student",))


def test_epochs_count_passes_over_the_queries_that_are_trained_on(
    corpus: Path, recipe: Recipe, tmp_path: Path
) -> None:
    def steps(epochs: int, most: int) -> int:
        train = replace(recipe.train, negatives=0, objective="mnrl", epochs=epochs, max_steps=most)
        once = replace(recipe, steps=("qgen",), train=train)
        return adapt(open_corpus(corpus), tmp_path, once).training.steps

    one = steps(1, 100)
    assert 1 < one < 100
    assert steps(2, 100) == 2 * one
    assert steps(2, one + 1) == one + 1


def test_condenser_delivers_a_model_that_pools_by_cls(
    corpus: Path, recipe: Recipe, tmp_path: Path
) -> None:
    steps = replace(recipe, steps=("condenser", "qgen"))
    model = adapt(open_corpus(corpus), tmp_path, steps).model
    pooling = json.loads((model / "1_Pooling" / "config.json").read_text())
    assert pooling["pooling_mode"] == "cls"
    assert not any("condenser" in name for name in load_file(model / "model.safetensors"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"steps": ("tsdea",)},
            "no step 'tsdea'; choose from condenser, crop, ct, gpl, ict, mlm, modir",
        ),
        ({"steps": ()}, "steps is empty"),
        ({"steps": ("udalm",)}, "source.corpus names none"),
    ],
)
def test_steps_that_cannot_be_taken_are_refused_at_once(
    changes: dict[str, tuple[str, ...]], said: str, corpus: Path, recipe: Recipe, tmp_path: Path
) -> None:
    wrong = replace(recipe, steps=changes["steps"])
    for work in (adapt, lambda read, _, wrong: plan(read, wrong)):
        with pytest.raises(UsageError, match=said):
            work(open_corpus(corpus), tmp_path, wrong)
    assert list(tmp_path.iterdir()) == []


def test_passages_of_one_sentence_give_ict_nothing(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for number, word in enumerate(toys.toy_texts(12)):
        (tmp_path / "docs" / f"{number}.txt").write_text(" ".join(word.split()[:6]))
    with pytest.raises(InputError, match="0 of 12 passages can be used by the step ict"):
        adapt(open_corpus(tmp_path / "docs"), tmp_path / "out", replace(recipe, steps=("ict",)))


def test_labels_of_another_collection_are_learned_from(
    corpus: Path, recipe: Recipe, tmp_path: Path
) -> None:
    taught = replace(
        recipe,
        steps=("mlm", "supervised"),
        source=SourceSettings(str(corpus), "dev"),
        supervised=replace(recipe.train, objective="mnrl", negatives=0, max_steps=2, save_steps=1),
    )
    result = adapt(open_corpus(corpus), tmp_path, taught)
    assert [(step.step, step.steps) for step in result.steps] == [("mlm", 4), ("supervised", 2)]
    card = model_card(result)
    assert f"without human labels for it, but with those of {corpus}" in card
    assert "masked tokens" in card
    assert f"human labels of {corpus}" in render(result)


def test_the_plan_counts_every_step(corpus: Path, recipe: Recipe) -> None:
    source = SourceSettings(str(corpus), "dev")
    steps = ("mlm", "udalm", "supervised", "gpl")
    stages = {
        s.name: s
        for s in plan(open_corpus(corpus), replace(recipe, steps=steps, source=source)).stages
    }
    assert [name for name in stages if name in (*steps, "train")] == [
        "mlm",
        "udalm",
        "supervised",
        "train",
    ]
    assert stages["mlm"].items == stages["udalm"].items == 4
    assert stages["mlm"].seconds > 0
