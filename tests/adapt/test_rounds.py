"""Negatives mined anew while the student learns: by whom, labelled how, and where it goes on."""

from __future__ import annotations

import json
import shutil
import signal
from itertools import chain
from pathlib import Path

import pytest
import tiny
from safetensors import safe_open
from safetensors.torch import load_file

from acclimate.adapt.artefacts import export_run
from acclimate.adapt.gpl import adapt
from acclimate.adapt.plan import plan
from acclimate.adapt.result import Adaptation
from acclimate.adapt.rounds import ends
from acclimate.corpus import open_corpus
from acclimate.errors import UsageError
from acclimate.indexes.dense import ExactIndex
from acclimate.models.dense import DenseEncoder
from acclimate.recipes import apply_overrides
from acclimate.rowfile import from_file
from acclimate.settings import Recipe, TrainSettings
from acclimate.types import GeneratedQuery, Mined, Query, Score
from dying import arm
from together import in_processes
from toys import Toys

AGAIN = ["train.mine_again=1", "train.learning_rate=1e-2", "train.dropout=no"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def recipe(toy: Toys) -> Recipe:
    return apply_overrides(tiny.recipe(toy, f"cross-encoder:{toy.cross}", "student"), AGAIN)


@pytest.fixture(scope="module")
def found(corpus: Path, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Adaptation:
    return adapt(open_corpus(corpus), tmp_path_factory.mktemp("rounds"), recipe)


def trainings(out: Path) -> list[Path]:
    """The folders of the rounds, the first first."""
    return sorted(out.glob("stages/train-*"), key=lambda folder: noted(folder)["step"])


def noted(folder: Path) -> dict[str, int]:
    with safe_open(folder / "state.safetensors", framework="pt") as stored:
        course: dict[str, int] = json.loads(stored.metadata()["course"])
        return course


def mined(out: Path) -> list[dict[str, Mined]]:
    """What each round mined; the first one's folder is in the manifest."""
    first = out / "stages" / json.loads((out / "rows.json").read_text())["mined"]
    [second] = set(out.glob("stages/mine-*")) - {first}
    return [
        {row.query_id: row for path in folder.glob("*.jsonl") for row in from_file(path, Mined)}
        for folder in (first, second)
    ]


@pytest.mark.parametrize(("again", "expected"), [(0, []), (1, [5]), (3, [2, 5, 7])])
def test_rounds_part_the_steps_evenly(again: int, expected: list[int]) -> None:
    assert ends(TrainSettings(max_steps=10, mine_again=again)) == expected


def test_second_round_learns_what_the_trained_student_finds(
    found: Adaptation, corpus: Path
) -> None:
    first, second = mined(found.folder)
    trained = DenseEncoder.load(str(trainings(found.folder)[0] / "model"))
    passages = list(open_corpus(corpus).passages())
    vectors = trained.encode_passages([passage.content for passage in passages])
    index = ExactIndex(trained, [passage.id for passage in passages], vectors)
    paths = chain.from_iterable(
        sorted(folder.glob("*.jsonl")) for folder in found.folder.glob("stages/filter-*")
    )
    queries = [row for path in paths for row in from_file(path, GeneratedQuery)]
    hits = index.search([Query(query.id, query.text) for query in queries], 8)
    for query, ranked in zip(queries, hits, strict=True):
        own = tiny.TWICE if query.passage_id in tiny.TWICE else {query.passage_id}
        others = [hit.passage_id for hit in ranked if hit.passage_id not in own]
        assert second[query.id].negatives["student"] == tuple(others[:6])
        # BM25 learns nothing, and finds what it found.
        assert second[query.id].negatives["bm25"] == first[query.id].negatives["bm25"]
    assert any(second[each].negatives != row.negatives for each, row in first.items())


def test_no_pair_is_scored_twice(found: Adaptation) -> None:
    for name in ("label-cross-encoder*", "label-student*"):
        folders = list(found.folder.glob(f"stages/{name}"))
        assert len(folders) == 2
        rows = [row for f in folders for p in f.glob("*.jsonl") for row in from_file(p, Score)]
        assert len({(row.query_id, row.passage_id) for row in rows}) == len(rows)


def test_second_round_goes_on_from_the_first(found: Adaptation) -> None:
    first, second = (noted(folder) for folder in trainings(found.folder))
    assert (first["step"], second["step"]) == (3, 6)
    points = [(point.step, point.held_out_loss) for point in found.training.points]
    assert [step for step, _ in points] == [0, 3, 6]
    assert found.training.best_step > 0
    names = [stage.name for stage in found.stages]
    assert "mine (round 2)" in names
    assert "mine" in names


def test_rounds_that_mine_the_same_train_as_one_round_would(
    toy: Toys, corpus: Path, tmp_path: Path
) -> None:
    # So small a corpus that every other passage is a negative, in whatever order it is found.
    every = [f"{name}.negatives=24" for name in ("mine", "label", "train")]
    recipe = apply_overrides(tiny.recipe(toy), every)
    adapt(open_corpus(corpus), tmp_path / "one", recipe)
    adapt(open_corpus(corpus), tmp_path / "two", apply_overrides(recipe, ["train.mine_again=1"]))
    [one] = trainings(tmp_path / "one")
    _, two = trainings(tmp_path / "two")
    found, expected = (load_file(each / "state.safetensors") for each in (two, one))
    for name, tensor in expected.items():
        assert (found[name] - tensor).abs().max() < 1e-5


def test_topics_are_found_anew_with_the_trained_student(
    recipe: Recipe, corpus: Path, tmp_path: Path
) -> None:
    topics = apply_overrides(recipe, ["train.topic_passages=8", "mine.retrievers=bm25"])
    adapt(open_corpus(corpus), tmp_path, topics)
    first, second = mined(tmp_path)
    names = {name for row in second.values() for name in row.negatives}
    assert names == {"bm25", "topic-0", "topic-1"}
    changed = [
        name
        for each, row in first.items()
        for name in names
        if row.negatives[name] != second[each].negatives[name]
    ]
    assert changed
    assert "bm25" not in changed


KILLS = {
    "labelling again": ("stages/label-cross-*/00000.receipt", 1),
    "handing over": ("stages/train-*/state.safetensors", 3),
    "training on": ("stages/train-*/state.safetensors", 4),
}


def contents(out: Path) -> dict[str, bytes]:
    patterns = ("stages/**/*.jsonl", "stages/**/*.npy", "stages/**/model/*.*")
    paths = chain.from_iterable(map(out.glob, patterns))
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


@pytest.mark.parametrize(("fatal", "nth"), KILLS.values(), ids=KILLS)
def test_killed_round_goes_on_and_ends_as_one_that_was_not_interrupted(
    fatal: str, nth: int, found: Adaptation, corpus: Path, recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    # Rows of the stages before are those of the run that was not interrupted.
    shutil.copytree(found.folder, out)
    for stage in ("train-*", "vectors-*"):
        for folder in out.glob(f"stages/{stage}"):
            shutil.rmtree(folder)
    first = json.loads((out / "rows.json").read_text())
    for stage, kept in (("mine-*", [first["mined"]]), ("label-*", first["scores"])):
        for folder in out.glob(f"stages/{stage}"):
            if folder.name not in kept:
                shutil.rmtree(folder)
    [code] = in_processes(die, (corpus, out, recipe, fatal, nth))
    assert code == -signal.SIGKILL
    adapt(open_corpus(corpus), out, recipe)
    assert contents(out) == contents(found.folder)


def die(corpus: Path, out: Path, recipe: Recipe, fatal: str, nth: int) -> None:
    arm(f"{out}/{fatal}", nth)
    adapt(open_corpus(corpus), out, recipe)


def test_plan_counts_the_rounds(toy: Toys, corpus: Path) -> None:
    once = tiny.recipe(toy)
    thrice = apply_overrides(once, ["train.mine_again=2"])
    stages = {stage.name: stage for stage in plan(open_corpus(corpus), thrice).stages}
    assert list(stages) == [
        "encode", "generate", "mine", "label bm25", "label student", "train",
        "encode again", "mine again", "label bm25 again", "label student again", "measure",
    ]  # fmt: skip
    assert stages["mine again"].items == 2 * stages["mine"].items
    assert stages["label bm25 again"].seconds == 2 * stages["label bm25"].seconds
    names = [stage.name for stage in plan(open_corpus(corpus), once).stages]
    assert not any("again" in name for name in names)


def test_imported_labels_have_no_teacher_for_new_negatives(
    found: Adaptation, corpus: Path, recipe: Recipe, tmp_path: Path
) -> None:
    export_run(found.folder, tmp_path / "gpl")
    with pytest.raises(UsageError, match=r"train\.mine_again .* without gpl-training-data\.tsv"):
        adapt(open_corpus(corpus), tmp_path / "out", recipe, imported=tmp_path / "gpl")
