"""The whole of GPL with toy parts: what it keeps, what it refuses, what it delivers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tiny

from acclimate.adapt.gpl import adapt
from acclimate.adapt.result import Adaptation
from acclimate.corpus import open_corpus
from acclimate.errors import InputError
from acclimate.models.dense import DenseEncoder
from acclimate.recipes import apply_overrides
from acclimate.rowfile import RowT, from_file
from acclimate.settings import Recipe
from acclimate.types import GeneratedQuery, Mined, Score
from toys import Toys


@dataclass(frozen=True)
class Finished:
    corpus: Path
    recipe: Recipe
    result: Adaptation

    @property
    def out(self) -> Path:
        return self.result.folder

    def rows(self, stage: str, kind: type[RowT]) -> list[RowT]:
        paths = sorted(self.out.glob(f"stages/{stage}-*/*.jsonl"))
        return [row for path in paths for row in from_file(path, kind)]


def finish(corpus: Path, out: Path, recipe: Recipe) -> Finished:
    opened = open_corpus(corpus)
    return Finished(corpus, recipe, adapt(opened, out, recipe, open_corpus(corpus)))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def mixed(toy: Toys, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """BM25 and the student together teach."""
    return finish(corpus, tmp_path_factory.mktemp("mixed"), tiny.recipe(toy))


@pytest.fixture(scope="module")
def paper(toy: Toys, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """As in the paper: a T5 asks, nothing is filtered, a cross-encoder teaches."""
    recipe = apply_overrides(
        tiny.recipe(toy, f"cross-encoder:{toy.cross}"),
        ["filter.enabled=false", "generate.own_sentences=0", f"generate.model={toy.t5}"],
    )
    return finish(corpus, tmp_path_factory.mktemp("paper"), recipe)


@pytest.fixture(params=["mixed", "paper"])
def finished(request: pytest.FixtureRequest) -> Finished:
    found: Finished = request.getfixturevalue(request.param)
    return found


def test_every_stage_has_rows(finished: Finished) -> None:
    names = {stage.name.partition("-")[0] for stage in finished.result.stages}
    assert {"generate", "filter", "mine", "label"} <= names
    assert all(stage.rows > 20 for stage in finished.result.stages)
    assert finished.result.passages == 25


def test_counts_of_kept_and_dropped_add_up(finished: Finished) -> None:
    stages = {stage.name: stage for stage in finished.result.stages}
    generate, kept = stages["generate"], stages["filter"]
    assert generate.rows + sum(generate.counts.values()) == 2 * finished.result.passages
    asked = sum(stages[name].rows for name in ("generate", "sentences") if name in stages)
    assert asked == kept.rows + sum(kept.counts.values())
    assert kept.rows == stages["mine"].rows + stages["mine"].counts["without negatives"]


def test_source_passage_and_its_copies_are_never_negatives(finished: Finished) -> None:
    mined = finished.rows("mine", Mined)
    assert {row.positive_id for row in mined} & tiny.TWICE
    for row in mined:
        own = tiny.TWICE if row.positive_id in tiny.TWICE else {row.positive_id}
        for negatives in row.negatives.values():
            assert not own & set(negatives)
            assert len(negatives) == len(set(negatives)) <= 6
    assert any(len(found) == 6 for row in mined for found in row.negatives.values())


def test_each_pair_is_scored_once_by_each_teacher(finished: Finished) -> None:
    mined = {row.query_id: row for row in finished.rows("mine", Mined)}
    folders = list(finished.out.glob("stages/label-*"))
    assert len(folders) == len(finished.recipe.label.teachers)
    for folder in folders:
        scores = finished.rows(folder.name.rpartition("-")[0], Score)
        pairs = Counter((score.query_id, score.passage_id) for score in scores)
        assert set(pairs.values()) == {1}
        assert Counter(query_id for query_id, _ in pairs) == dict.fromkeys(mined, 6)
        assert all((row.query_id, row.positive_id) in pairs for row in mined.values())


def test_margins_are_differences_of_the_scores_and_have_either_sign(paper: Finished) -> None:
    scores = {(s.query_id, s.passage_id): s.value for s in paper.rows("label-*", Score)}
    queries = {row.text: row for row in paper.rows("filter", GeneratedQuery)}
    margins = []
    for sample in paper.result.samples:
        query_id = queries[sample.query].id
        for each in (sample.positive, *sample.negatives):
            assert each.label == pytest.approx(scores[query_id, each.passage_id])
        margins += [sample.positive.label - each.label for each in sample.negatives]
    assert min(margins) < 0 < max(margins)


def test_what_a_user_looks_for_is_there(finished: Finished) -> None:
    out = finished.out
    assert "<html" in (out / "report.html").read_text()
    assert "tiny" in (out / "model" / "README.md").read_text()
    assert (out / "recommended.txt").read_text() == f"{finished.result.recommended}\n"
    assert json.loads((out / "rows.json").read_text())["seed"] == 42
    assert not list(out.rglob("*.part"))


LOAD = """
import sys
sys.modules["acclimate"] = None  # as where it is not installed
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu")
print(",".join(repr(float(value)) for value in model.encode(["dirape mepari"])[0]))
"""


def test_model_loads_where_acclimate_is_not_installed(mixed: Finished) -> None:
    command = [sys.executable, "-c", LOAD, str(mixed.out / "model")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    found = np.array([float(value) for value in ran.stdout.strip().split(",")])
    ours = DenseEncoder.load(str(mixed.out / "model"), dtype="float32")
    np.testing.assert_allclose(found, ours.encode_queries(["dirape mepari"])[0], atol=1e-6)


def test_training_changes_the_model(mixed: Finished) -> None:
    start = DenseEncoder.load(mixed.recipe.student.model, dtype="float32")
    ends = DenseEncoder.load(str(mixed.out / "model"), dtype="float32")
    assert mixed.result.training.best_step > 0
    moved = ends.encode_queries(["dirape"]) - start.encode_queries(["dirape"])
    assert np.abs(moved).max() > 1e-3


def test_before_is_measured_as_the_user_would(mixed: Finished) -> None:
    assert mixed.result.judged is not None
    measured = mixed.result.judged
    assert measured.before.queries == measured.after.queries == 12
    changed = measured.after.measures["nDCG@10"].value - measured.before.measures["nDCG@10"].value
    both = next(c for c in measured.comparisons if (c.baseline, c.system) == ("before", "after"))
    assert both.difference.value == pytest.approx(changed)


KEPT = ("*.jsonl", "vectors.npy", "*.safetensors")


def kept(out: Path) -> dict[str, bytes]:
    """All that must not differ between two runs; the state of a training notes its seconds."""
    paths = [path for pattern in KEPT for path in out.rglob(pattern) if path.stem != "state"]
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


def test_same_seed_gives_the_same_rows_and_the_same_model_elsewhere(
    mixed: Finished, tmp_path: Path
) -> None:
    again = finish(mixed.corpus, tmp_path / "again", mixed.recipe)
    assert kept(again.out) == kept(mixed.out)
    assert again.result.verdict == mixed.result.verdict


def test_nothing_gained_keeps_the_original_model(mixed: Finished, tmp_path: Path) -> None:
    shutil.copytree(mixed.out, tmp_path, dirs_exist_ok=True)
    recipe = apply_overrides(mixed.recipe, ["train.learning_rate=0", "train.max_steps=2"])
    result = finish(mixed.corpus, tmp_path, recipe).result
    assert result.training.best_step == 0
    assert result.recommended == mixed.recipe.student.model
    assert (tmp_path / "recommended.txt").read_text() == f"{mixed.recipe.student.model}\n"
    assert "original model is recommended" in result.verdict


@pytest.mark.parametrize(
    ("passages", "change", "reason"),
    [
        (1, "train.held_out=0.2", "0 of them have negatives; at least 2 are needed to train"),
        (8, "train.held_out=0.99", "none is left to train on"),
    ],
)
def test_too_little_to_train_on_is_refused(
    toy: Toys, tmp_path: Path, passages: int, change: str, reason: str
) -> None:
    corpus = tiny.corpus(tmp_path / "corpus", passages)
    recipe = apply_overrides(tiny.recipe(toy), ["generate.only_own_sentences=true", change])
    with pytest.raises(InputError, match=reason):
        adapt(open_corpus(corpus), tmp_path / "out", recipe)


# A changed setting redoes exactly what depends on it.

LABELS = {"label-bm25", "label-student"}
TRAINING = {"train", "vectors"}
QUERIES = {"query-vectors", "filter", "mine"}
CHANGES: dict[str, set[str]] = {
    "label.check_queries=5": set(),
    "generate.batch_size=3": {"generate"} | QUERIES | LABELS | TRAINING,
    "train.seed=7": TRAINING,
    "label.weights=1,2": TRAINING,
    "label.teachers=bm25": TRAINING,
    "label.negatives=4": LABELS | TRAINING,
    "filter.top_k=4": {"filter", "mine"} | LABELS | TRAINING,
    "generate.own_sentences=2": {"sentences"} | QUERIES | LABELS | TRAINING,
}


def times(out: Path) -> dict[str, int]:
    paths = [path for path in out.glob("stages/*/*") if path.is_file()]
    return {str(path.relative_to(out / "stages")): path.stat().st_mtime_ns for path in paths}


@pytest.mark.parametrize(("change", "redone"), CHANGES.items(), ids=CHANGES)
def test_changed_setting_redoes_what_depends_on_it(
    mixed: Finished, tmp_path: Path, change: str, redone: set[str]
) -> None:
    shutil.copytree(mixed.out, tmp_path, dirs_exist_ok=True)
    before = times(tmp_path)
    recipe = apply_overrides(mixed.recipe, [change])
    adapt(open_corpus(mixed.corpus), tmp_path, recipe)
    after = times(tmp_path)
    assert {path: after[path] for path in before} == before
    new = {path.partition("/")[0].rpartition("-")[0] for path in after.keys() - before.keys()}
    assert new == redone


def test_changed_passage_redoes_everything(mixed: Finished, tmp_path: Path) -> None:
    shutil.copytree(mixed.out, tmp_path / "out")
    shutil.copytree(mixed.corpus, tmp_path / "corpus")
    path = tmp_path / "corpus" / "corpus.jsonl"
    path.write_text(path.read_text().replace('"text": "', '"text": "bidefu ', 1))
    before = times(tmp_path / "out")
    adapt(open_corpus(tmp_path / "corpus"), tmp_path / "out", mixed.recipe)
    new = times(tmp_path / "out").keys() - before.keys()
    assert {each.partition("/")[0].rpartition("-")[0] for each in new} == {
        "generate", "sentences", "vectors", "train", *QUERIES, *LABELS
    }  # fmt: skip
