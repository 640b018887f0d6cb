"""What an adaptation leaves for whoever measures it: runs, models of the looks, sampled rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
from safetensors.numpy import load_file

from acclimate.adapt.gpl import adapt
from acclimate.adapt.result import Adaptation
from acclimate.adapt.store import sampled, store_passages
from acclimate.corpus import open_corpus
from acclimate.evaluate import measures
from acclimate.formats.trec import read_run
from acclimate.progress import Silent
from acclimate.recipes import apply_overrides
from acclimate.rowfile import from_file
from acclimate.runs import Run
from acclimate.types import GeneratedQuery, Mined
from toys import Toys

SAMPLE = 16


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def result(corpus: Path, toy: Toys, tmp_path_factory: pytest.TempPathFactory) -> Adaptation:
    changes = [f"sample_passages={SAMPLE}", "train.keep_checkpoints=true"]
    recipe = apply_overrides(tiny.recipe(toy), changes)
    judged = open_corpus(corpus)
    return adapt(open_corpus(corpus), tmp_path_factory.mktemp("out"), recipe, judged)


def test_runs_measure_as_the_result_says(result: Adaptation, corpus: Path) -> None:
    assert result.judged is not None
    names = {path.name for path in (result.folder / "runs").iterdir()}
    assert names == {
        "bm25.trec", "before.trec", "after.trec", "bm25+before.trec", "bm25+after.trec"
    }  # fmt: skip
    judgments = open_corpus(corpus).judgments("test")
    for evaluation in result.judged.systems:
        name = evaluation.system.lower().replace(" ", "")
        hits = read_run(result.folder / "runs" / f"{name}.trec")
        found = measures.per_query(measures.parse("nDCG@10"), hits, judgments)
        assert found == {"nDCG@10": evaluation.per_query["nDCG@10"]}


def test_sample_is_learned_from_and_the_whole_corpus_is_searched(result: Adaptation) -> None:
    def rows(stage: str) -> list[Path]:
        return sorted(result.folder.glob(f"stages/{stage}-*/*.jsonl"))

    learned = {
        row.passage_id
        for stage in ("generate", "sentences", "filter")
        for path in rows(stage)
        for row in from_file(path, GeneratedQuery)
    }
    for path in rows("mine"):
        for mined in from_file(path, Mined):
            learned |= {each for found in mined.negatives.values() for each in found}
    assert len(learned) == result.passages == SAMPLE
    assert result.judged is not None
    found = {hit.passage_id for hits in result.judged.after.hits.values() for hit in hits}
    assert len(found) == 25


def test_sample_is_the_same_for_the_same_seed(corpus: Path, tmp_path: Path) -> None:
    with Run(tmp_path, Silent()) as run:
        whole = store_passages(open_corpus(corpus), run)
        drawn = [sampled(whole, run, 8, seed) for seed in (1, 1, 2)]
        assert sampled(whole, run, 0, 1) is sampled(whole, run, 25, 1) is whole
    assert drawn[0].ids == drawn[1].ids != drawn[2].ids
    assert [each.id for each in drawn[0]] == drawn[0].ids
    assert drawn[0].fingerprint != whole.fingerprint


def test_every_look_at_the_training_is_kept_as_a_model(result: Adaptation) -> None:
    steps = [int(path.name.removeprefix("step-")) for path in result.checkpoints]
    assert steps == [point.step for point in result.training.points] == [0, 3, 6]
    models = {
        step: load_file(path / "model.safetensors")
        for step, path in zip(steps, result.checkpoints, strict=True)
    }
    best = load_file(result.model / "model.safetensors")
    for name, weights in models[result.training.best_step].items():
        np.testing.assert_array_equal(weights, best[name])
    assert any(not np.array_equal(models[0][name], models[6][name]) for name in best)
