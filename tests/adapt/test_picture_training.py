"""Training on drawings with captions: what is learned, what stays, and what a kill costs."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer
from torch import Tensor

import shapes
from acclimate import api
from acclimate.adapt.captions import read_captions, set_apart, train_on_captions
from acclimate.adapt.result import Training
from acclimate.corpus import Corpus, open_corpus
from acclimate.errors import InputError, UsageError
from acclimate.models.base import PictureEncoder
from acclimate.models.encoders import open_encoder
from acclimate.recipes import load_recipe
from acclimate.settings import Recipe
from dying import arm
from together import in_processes


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shapes.save_pictures(tmp_path_factory.mktemp("drawn") / "shapes")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("models")
    start = load_recipe("pictures")
    return replace(
        start,
        student=replace(
            start.student,
            model=str(shapes.save_text_model(folder / "text")),
            pictures=str(shapes.save_picture_model(folder / "vit")),
            dtype="float32",
        ),
        train=replace(
            start.train,
            freeze="text",
            per_device_train_batch_size=16,
            epochs=0,
            max_steps=100,
            save_steps=25,
            warmup_steps=5,
            learning_rate=5e-3,
        ),
    )


@pytest.fixture(scope="module")
def done(drawn: Path, base: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return train_on_captions(open_corpus(drawn), "train", tmp_path_factory.mktemp("out"), base)


def steps(recipe: Recipe, freeze: str, count: int = 4) -> Recipe:
    return replace(recipe, train=replace(recipe.train, freeze=freeze, max_steps=count,
                                         save_steps=2))  # fmt: skip


def recall_at_1(model: Path, corpus: Corpus) -> float:
    """How often the first of the test pictures is the one that the caption was written for."""
    encoder = open_encoder(str(model))
    assert isinstance(encoder, PictureEncoder)
    given = read_captions(corpus, "test")
    pictures = encoder.encode_pictures([each.image for each in given.pictures])
    captions = encoder.encode_queries(given.captions)
    first = (captions @ pictures.T).argmax(axis=1)
    own = {row: pair.picture for pair in given.pairs for row in pair.captions.tolist()}
    return float(np.mean([own[row] == found for row, found in enumerate(first)]))


def weights(model: Path, tower: str) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for path in sorted(model.glob(f"{tower}_*/*.safetensors")):
        found |= {f"{path.parent.name}/{name}": each for name, each in load_file(path).items()}
    return found


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def start(result: Training) -> Path:
    [folder] = result.folder.glob("stages/start-*/model")
    return folder


def test_pictures_that_were_never_seen_are_found_by_their_captions(
    done: Training, drawn: Path
) -> None:
    corpus = open_corpus(drawn)
    before, after = recall_at_1(start(done), corpus), recall_at_1(done.model, corpus)
    assert after > before + 0.4
    assert done.training.best_step > 0


def test_frozen_text_tower_is_bit_for_bit_what_it_was(done: Training) -> None:
    assert same(weights(done.model, "text"), weights(start(done), "text"))
    assert not same(weights(done.model, "image"), weights(start(done), "image"))


@pytest.mark.parametrize(
    ("freeze", "stays", "learns"), [("pictures", "image", "text"), ("bodies", "text", "image")]
)
def test_other_towers_are_frozen_bit_for_bit(
    freeze: str, stays: str, learns: str, drawn: Path, base: Recipe, tmp_path: Path
) -> None:
    found = train_on_captions(open_corpus(drawn), "train", tmp_path, steps(base, freeze))
    assert same(weights(found.model, stays), weights(start(found), stays))
    changed, before = weights(found.model, learns), weights(start(found), learns)
    learned = [name for name in changed if not torch.equal(changed[name], before[name])]
    assert learned
    if freeze == "bodies":
        assert learned == ["image_1_Dense/linear.weight"]


def test_frozen_weights_are_not_rounded_where_bf16_is_multiplied(
    drawn: Path, base: Recipe, tmp_path: Path
) -> None:
    rounded = replace(steps(base, "text"), student=replace(base.student, dtype="bfloat16"))
    found = train_on_captions(open_corpus(drawn), "train", tmp_path, rounded)
    assert same(weights(found.model, "text"), weights(start(found), "text"))


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("freeze", ["bodies", ""])
def test_convolutions_are_trained_in_either_number_type(
    freeze: str, dtype: str, drawn: Path, base: Recipe, tmp_path: Path
) -> None:
    pictures = shapes.save_convolutional_model(tmp_path / "convolutional")
    student = replace(base.student, pictures=str(pictures), dtype=dtype)
    recipe = replace(steps(base, freeze, 2), student=student)
    found = train_on_captions(open_corpus(drawn), "train", tmp_path / "out", recipe)
    losses = [point.held_out_loss for point in found.training.points]
    assert len(losses) == 2
    assert np.isfinite(losses).all()


def test_model_is_an_ordinary_folder_with_a_card(done: Training) -> None:
    model = SentenceTransformer(str(done.model), device="cpu")
    assert set(model.modalities) == {"text", "image"}
    card = (done.model / "README.md").read_text(encoding="utf-8")
    assert "picture tower" in card
    assert "Objective: clip" in card


def test_picture_is_held_out_with_all_of_its_captions(drawn: Path, base: Recipe) -> None:
    given = read_captions(open_corpus(drawn), "train")
    learning, held_out = set_apart(given, base.train, base.seed)
    assert len(learning) + len(held_out) == len(given.pictures) == 50
    assert {len(each.captions) for each in held_out} == {2}
    assert not {each.picture for each in learning} & {each.picture for each in held_out}


def test_api_trains_on_pictures_with_the_recipe(drawn: Path, base: Recipe, tmp_path: Path) -> None:
    found = api.train(drawn, tmp_path, recipe=steps(base, "bodies"))
    assert found.recipe.train.objective == "clip"
    assert (found.examples, found.passages) == (100, 50)


def test_texts_are_no_pictures(base: Recipe, tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text('{"_id": "a", "text": "a text"}\n', encoding="utf-8")
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "a"}\n', encoding="utf-8")
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "train.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq\ta\t1\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="no picture with a caption"):
        train_on_captions(open_corpus(tmp_path), "train", tmp_path / "out", base)


def test_model_of_texts_alone_is_refused(drawn: Path, base: Recipe, tmp_path: Path) -> None:
    texts = replace(base, student=replace(base.student, pictures=""))
    with pytest.raises(UsageError, match=r"set student\.pictures"):
        train_on_captions(open_corpus(drawn), "train", tmp_path, texts)


def test_settings_that_only_texts_know_are_refused(
    drawn: Path, base: Recipe, tmp_path: Path
) -> None:
    wrong = replace(base, train=replace(base.train, lora_rank=4))
    with pytest.raises(UsageError, match=r"train\.lora_rank is 4"):
        train_on_captions(open_corpus(drawn), "train", tmp_path, wrong)
    for key in ("student.pictures=new", "train.freeze=text"):
        with pytest.raises(UsageError, match="--recipe pictures"):
            api.train(drawn, tmp_path, overrides=[key])


KILLS = {
    "starting": ("stages/start-*/model", 1),
    "keeping": ("stages/kept-*/text/00000.npy", 1),
    "training": ("stages/train-*/best.safetensors", 2),
    "noting a step": ("stages/train-*/state.safetensors", 2),
    "saving the model": ("stages/train-*/model", 1),
    "publishing": ("model", 1),
}


def deadly(corpus: Path, out: Path, recipe: Recipe, fatal: str = "", nth: int = 1) -> None:
    if fatal:
        arm(f"{out}/{fatal}", nth)
    train_on_captions(open_corpus(corpus), "train", out, recipe)


@pytest.fixture(scope="module")
def whole(drawn: Path, base: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    deadly(drawn, out, steps(base, "text", 6))
    return out


@pytest.mark.parametrize(("fatal", "nth"), KILLS.values(), ids=KILLS)
def test_killed_training_ends_as_one_that_was_not_interrupted(
    fatal: str, nth: int, whole: Path, drawn: Path, base: Recipe, tmp_path: Path
) -> None:
    recipe = steps(base, "text", 6)
    [code] = in_processes(deadly, (drawn, tmp_path, recipe, fatal, nth))
    assert code == -signal.SIGKILL
    deadly(drawn, tmp_path, recipe)
    for tower in ("text", "image"):
        assert same(weights(tmp_path / "model", tower), weights(whole / "model", tower))
