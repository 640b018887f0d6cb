"""Supervised training as a whole: every kind of student learns, from every source of labels."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from math import log2
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import (
    CrossEncoder,
    MultiVectorEncoder,
    SentenceTransformer,
    SparseEncoder,
)

from acclimate.adapt.sources import Judged, Known, LabelFile
from acclimate.adapt.supervised import set_apart, supervised
from acclimate.corpus import open_corpus
from acclimate.errors import InputError, UsageError
from acclimate.progress import Silent
from acclimate.search.rerankers import open_reranker
from acclimate.settings import MineSettings, Recipe, StudentSettings, TrainSettings
from hidden import PASSAGES, hidden_corpus, hidden_texts, open_splade
from multi_vector import tiny_multi_vector

CLASSES = {"dense": SentenceTransformer, "sparse": SparseEncoder, "late": MultiVectorEncoder}
KINDS = ("dense", "sparse", "late", "cross-encoder")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Untrained models that know the words of the hidden collection."""
    folder = tmp_path_factory.mktemp("models")
    late = tiny_multi_vector(folder, hidden_texts())  # over the body of the encoder beside it
    return {
        "dense": folder / "encoder",
        "sparse": open_splade(folder),
        "late": late,
        "cross-encoder": folder / "body",
    }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hidden_corpus(tmp_path_factory.mktemp("hidden"))


#: As many steps as each kind needs here; a cross-encoder has to find out how words meet.
STEPS: dict[str, dict[str, Any]] = {
    "dense": {"max_steps": 60},
    "sparse": {"max_steps": 60},
    "late": {"max_steps": 60},
    "cross-encoder": {"max_steps": 160, "negatives": 7, "learning_rate": 2e-3},
}


def recipe(models: dict[str, Path], kind: str, **train: Any) -> Recipe:
    settings: dict[str, Any] = {"objective": "mnrl", "learning_rate": 5e-3} | train
    return Recipe(
        student=StudentSettings(model=str(models[kind]), kind=kind, dtype="float32"),
        # BM25 finds nothing here: queries and passages share no word.
        mine=MineSettings(retrievers=(str(models["dense"]),), negatives=PASSAGES - 1),
        train=TrainSettings(
            per_device_train_batch_size=16,
            save_steps=20,
            warmup_steps=5,
            dropout=False,
            scale=0.0,
            **settings,
        ),
    )


def ndcg(folder: Path, kind: str, corpus: Path) -> float:
    """nDCG@10 on the test queries, each of which one passage answers, without Acclimate."""
    opened = open_corpus(corpus)
    passages, queries = list(opened.passages()), opened.queries("test")
    relevant = {row.query_id: row.passage_id for row in opened.judgments("test")}
    texts, asked = [each.content for each in passages], [each.text for each in queries]
    if kind == "cross-encoder":
        pairs = [(query, text) for query in asked for text in texts]
        cross = CrossEncoder(str(folder), device="cpu")
        logits = cross.predict(pairs, activation_fn=torch.nn.Identity(), batch_size=256)
        scores = np.reshape(logits, (len(asked), len(texts)))
    else:
        model = CLASSES[kind](str(folder), device="cpu")
        found = model.similarity(model.encode_query(asked), model.encode_document(texts))
        scores = found.to_dense().numpy()
    gains = []
    for row, query in zip(scores, queries, strict=True):
        ranked = [passages[place].id for place in np.argsort(-row, kind="stable")[:10]]
        place = ranked.index(relevant[query.id]) + 2 if relevant[query.id] in ranked else None
        gains.append(1 / log2(place) if place else 0.0)
    return float(np.mean(gains))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_learns_which_words_belong_together_that_never_meet(
    models: dict[str, Path], corpus: Path, kind: str, tmp_path: Path
) -> None:
    source = Judged(open_corpus(corpus))
    result = supervised(source, tmp_path, recipe(models, kind, **STEPS[kind]))
    before, after = ndcg(models[kind], kind, corpus), ndcg(result.model, kind, corpus)
    assert before < 0.2
    assert after > before + 0.15


#: What a right passage is scored, beside 0 for a wrong one: about what the kind can tell apart.
RIGHT = {"dense": 1.0, "sparse": 5.0, "late": 2.0, "cross-encoder": 1.0}


@pytest.mark.parametrize("objective", ["margin-mse", "kl"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_learns_it_from_scores_too(
    models: dict[str, Path], corpus: Path, kind: str, objective: str, tmp_path: Path
) -> None:
    right = RIGHT[kind] if objective == "margin-mse" else 5.0
    source = LabelFile(scored_lists(corpus, tmp_path / "lists.jsonl", right))
    settings = STEPS[kind] | {"objective": objective, "negatives": 7}
    result = supervised(source, tmp_path / "out", recipe(models, kind, **settings))
    before, after = ndcg(models[kind], kind, corpus), ndcg(result.model, kind, corpus)
    assert before < 0.2
    assert after > before + 0.1


def scored_lists(corpus: Path, path: Path, right: float) -> Path:
    """Each query with the passage that answers it and seven that do not."""
    opened, draw = open_corpus(corpus), random.Random(1)
    texts = {passage.id: passage.content for passage in opened.passages()}
    queries = {query.id: query.text for query in opened.queries("train")}
    rows = []
    for row in opened.judgments("train"):
        wrong = draw.sample([each for each in texts if each != row.passage_id], 7)
        passages = [texts[each] for each in (row.passage_id, *wrong)]
        scores = [right, *[0.0] * 7]
        rows.append({"query": queries[row.query_id], "passages": passages, "scores": scores})
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return path


def test_trained_cross_encoder_teaches_by_its_raw_logits(
    models: dict[str, Path], corpus: Path, tmp_path: Path
) -> None:
    source = Judged(open_corpus(corpus))
    result = supervised(source, tmp_path, recipe(models, "cross-encoder", max_steps=3))
    teacher = open_reranker(f"cross-encoder:{result.model}", max_tokens=64, batch_size=8)
    pairs = [(query, passage) for query in source.corpus.queries("test")[:3]
             for passage in islice(source.corpus.passages(), 4)]  # fmt: skip
    model = CrossEncoder(str(result.model), device="cpu")
    texts = [(query.text, passage.content) for query, passage in pairs]
    logits = model.predict(texts, activation_fn=torch.nn.Identity())
    np.testing.assert_allclose(teacher.score(pairs), logits, atol=0.02)


class Killed(Exception):
    pass


class Killer(Silent):
    """Kills the training when a number of steps is done."""

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
        del total
        done = 0

        def advance(steps: int) -> None:
            nonlocal done
            done += steps
            if name == "train" and done >= 5:
                raise Killed

        yield advance


def contents(model: Path) -> dict[str, bytes]:
    """Every file of the model's folder."""
    return {str(path.relative_to(model)): path.read_bytes()
            for path in model.rglob("*") if path.is_file()}  # fmt: skip


@pytest.mark.parametrize("kind", ["sparse", "cross-encoder"])
def test_killed_training_goes_on_and_ends_with_the_same_bytes(
    models: dict[str, Path], corpus: Path, kind: str, tmp_path: Path
) -> None:
    source = Judged(open_corpus(corpus))
    wanted = recipe(models, kind, max_steps=6)
    wanted = replace(wanted, train=replace(wanted.train, save_steps=2))
    whole = supervised(source, tmp_path / "whole", wanted)
    with pytest.raises(Killed):
        supervised(source, tmp_path / "killed", wanted, Killer())
    assert not (tmp_path / "killed" / "model").exists()
    again = supervised(source, tmp_path / "killed", wanted)
    assert contents(again.model) == contents(whole.model)
    assert [p.held_out_loss for p in again.training.points] == [
        p.held_out_loss for p in whole.training.points
    ]


def test_changed_setting_trains_anew(models: dict[str, Path], corpus: Path, tmp_path: Path) -> None:
    source = Judged(open_corpus(corpus))
    for steps in (2, 3):
        result = supervised(source, tmp_path, recipe(models, "dense", max_steps=steps))
        assert result.training.steps == steps


def test_epochs_count_passes_over_the_queries(
    models: dict[str, Path], corpus: Path, tmp_path: Path
) -> None:
    source = Judged(open_corpus(corpus))
    result = supervised(source, tmp_path, recipe(models, "dense", epochs=1, held_out=0.2))
    assert result.training.steps == (result.examples - result.held_out) // 16
    assert result.examples == 90


def test_held_out_queries_share_no_passage_with_those_trained_on() -> None:
    known = [Known(f"q{n}", f"text {n}", (f"p{n // 2}",), (1.0,)) for n in range(40)]
    known.append(Known("q0", "text 0", ("p9",), (1.0,)))  # another answer to a question
    learning, held_out = set_apart(known, TrainSettings(held_out=0.25), seed=1)
    assert len(learning) + len(held_out) == 41
    assert 10 <= len(held_out) <= 13
    sides = [{row.text for row in rows} for rows in (learning, held_out)]
    assert not sides[0] & sides[1]
    by_text = {row.text: row.passage_ids[0] for row in reversed(known)}
    assert not {by_text[text] for text in sides[0]} & {by_text[text] for text in sides[1]}


def test_queries_without_candidates_are_counted_and_refused_where_all_are(
    models: dict[str, Path], corpus: Path, tmp_path: Path
) -> None:
    wanted = recipe(models, "dense", objective="margin-mse")
    nothing = replace(wanted, mine=MineSettings(retrievers=("bm25",)))
    with pytest.raises(InputError, match="of 0 queries with candidates none is left to train on"):
        supervised(Judged(open_corpus(corpus)), tmp_path, nothing)


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("sparse", {"student": {"similarity": "cosine"}}, "student.similarity is 'cosine'"),
        ("late", {"mine": {"retrievers": ("student",)}}, "names the student, which is late"),
        ("sparse", {"train": {"topic_passages": 8}}, "train.topic_passages is 8"),
        ("late", {"train": {"query_only": True}}, "train.query_only is for a dense student"),
        (
            "dense",
            {"train": {"mine_again": 1}},
            "train.mine_again is 1, and new negatives have no labels",
        ),
        ("cross-encoder", {"train": {"negatives": 0}}, "train.negatives is 0; a cross-encoder"),
    ],
)
def test_recipe_that_does_not_fit_the_kind_is_refused(
    kind: str, change: dict[str, dict[str, Any]], said: str, corpus: Path, tmp_path: Path
) -> None:
    wanted = Recipe(
        student=StudentSettings(kind=kind, **change.get("student", {})),
        mine=MineSettings(**({"retrievers": ("bm25",)} | change.get("mine", {}))),
        train=TrainSettings(objective="mnrl", **change.get("train", {})),
    )
    with pytest.raises(UsageError, match=said):
        supervised(Judged(open_corpus(corpus)), tmp_path / "out", wanted)
    assert not (tmp_path / "out").exists()


def test_folder_of_a_finished_adapt_is_left_alone(
    models: dict[str, Path], corpus: Path, tmp_path: Path
) -> None:
    (tmp_path / "rows.json").write_text("{}")
    with pytest.raises(UsageError, match="holds a finished adapt"):
        supervised(Judged(open_corpus(corpus)), tmp_path, recipe(models, "dense"))
