"""`acclimate train` as a user types it, right and wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sentence_transformers import SentenceTransformer

import acclimate as package
import toys
from commands import acclimate
from toys import Toys

SMALL = (
    "--set", "train.per_device_train_batch_size=4", "--set", "train.save_steps=2",
    "--set", "train.max_steps=3", "--set", "train.max_held_out=4",
)  # fmt: skip


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    rows = [
        {"question": " ".join(toy.own), "passage": toy.passage.text}
        for toy in toys.toy_passages(24)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_pairs_become_a_model_that_sentence_transformers_loads(
    toy: Toys, pairs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ran = acclimate("train", pairs, "--out", out, "--model", toy.encoder, *SMALL, "--json")
    assert ran.code == 0, ran.err
    found = ran.json
    assert (found["source"], found["examples"], found["held_out"]) == (str(pairs), 24, 2)
    assert [point["step"] for point in found["training"]["points"]] == [0, 2, 3]
    assert found["training"]["step"] == "supervised"
    assert found["recipe"].keys() == {"name", "seed", "language", "student", "mine", "train"}
    assert found["model"] == str(out / "model")
    assert SentenceTransformer(found["model"], device="cpu").encode("x").shape == (toys.WIDTH,)
    assert str(pairs) in (out / "model" / "README.md").read_text(encoding="utf-8")
    again = acclimate("train", pairs, "--out", out, "--model", toy.encoder, *SMALL)
    assert again.code == 0
    assert "Model:" in again.out


def test_python_trains_with_the_same_words(toy: Toys, tmp_path: Path) -> None:
    result = package.train(
        toy.corpus,
        tmp_path,
        objective="margin-mse",
        model=str(toy.cross),
        kind="cross-encoder",
        negatives=2,
        split="dev",
        overrides=[*SMALL[1::2], "mine.positive_aware=0"],
    )
    train = result.recipe.train
    assert (train.objective, train.negatives, train.max_steps) == ("margin-mse", 2, 3)
    assert result.source == f"{toy.corpus}, judgments of dev"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--objective", "mse"), "train.objective is 'mse'; choose from margin-mse, kl, mnrl"),
        (("--objective", "mse", "--model", "m"), "--set train.objective=mse: train.objective is"),
        (("--kind", "colbert"), "choose from dense, sparse, late, cross-encoder"),
        (("--objective", "kl", "--negatives", "0"), "train.negatives is 0; only the objective"),
        (("--split", "test", "--recipe", "superb"), "no recipe 'superb'; did you mean"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_written(
    arguments: tuple[str, ...], said: str, toy: Toys, tmp_path: Path
) -> None:
    ran = acclimate("train", toy.corpus, "--out", tmp_path / "out", *arguments)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())
    assert ran.out == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("objective", ["margin-mse", "kl"])
def test_pairs_without_scores_are_refused_for_what_learns_from_scores(
    objective: str, pairs: Path, tmp_path: Path
) -> None:
    ran = acclimate("train", pairs, "--out", tmp_path / "out", "--objective", objective)
    assert ran.code == 2
    assert "pairs.jsonl:1: no scores in it" in ran.err
    assert "--objective mnrl" in ran.err


def test_broken_pair_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("query,passage\na,b\nc,\n", encoding="utf-8")
    ran = acclimate("train", path, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "pairs.csv:3: 'passage' holds '', no text" in ran.err


def test_sparse_student_is_not_made_of_a_model_without_sparse_vectors(
    toy: Toys, pairs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ran = acclimate("train", pairs, "--out", out, "--kind", "sparse", "--model", toy.encoder)
    assert ran.code == 2
    assert f"{toy.encoder} is neither a sparse encoder nor a masked language model" in ran.err
    assert not out.exists()


def test_adapt_refuses_another_kind_of_student_and_names_train(toy: Toys, tmp_path: Path) -> None:
    ran = acclimate("adapt", toy.corpus, "--out", tmp_path, "--set", "student.kind=sparse")
    assert ran.code == 2
    assert "acclimate train RUN --out DIR --kind KIND" in ran.err
