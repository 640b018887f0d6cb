"""How the outcome of an adaptation is shown; the adaptation itself has tests of its own."""

import importlib
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from acclimate.adapt.plan import Plan, StagePlan
from acclimate.adapt.result import (
    Adaptation,
    BeforeAfter,
    StageCount,
    TeacherAccuracy,
    TeacherCheck,
    TrainSummary,
)
from acclimate.cli.outcome import duration, show_plan
from acclimate.corpus import Corpus
from acclimate.evaluate.evaluation import Comparison, Evaluation
from acclimate.evaluate.intervals import Estimate
from acclimate.settings import Recipe
from acclimate.train.course import TrainPoint
from commands import acclimate, tiny_corpus

MEAN = Estimate(0.5, 0.4, 0.6)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return tiny_corpus(tmp_path / "tiny")


def _measured(labels: str) -> BeforeAfter:
    each = Evaluation("some system", "tiny", 3, {"nDCG@10": MEAN}, {}, {})
    gain = Comparison("before", "after", "nDCG@10", Estimate(0.1, 0.05, 0.15), 0.01, 0.02)
    return BeforeAfter(labels, "tiny", each, each, each, each, each, [gain])


def _result(corpus: Corpus, out: Path, recipe: Recipe, judged: Corpus | None) -> Adaptation:
    accuracy = TeacherAccuracy("bm25", 3, MEAN, MEAN)
    return Adaptation(
        corpus=corpus.name,
        corpus_fingerprint="f" * 64,
        passages=4,
        recipe=recipe,
        folder=out,
        model=out / "model",
        recommended=str(out / "model"),
        verdict="It helped.",
        stages=[StageCount("generate", 9, {"repeated": 1}, 2.5)],
        teacher_check=TeacherCheck(accuracy, [accuracy], "The teacher is weak; name another."),
        training=TrainSummary([TrainPoint(2, math.nan, 0.5, 1.0)], 2, 4, 1.0),
        label_free=_measured("teacher"),
        judged=_measured("judgments") if judged else None,
        samples=[],
        label_values={},
        models=[],
        query_texts={},
    )


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Takes the place of the adaptation, and keeps what it was called with."""
    seen: list[tuple[Any, ...]] = []

    def fake(
        corpus: Corpus,
        out: Path,
        recipe: Recipe,
        judged: Corpus | None,
        progress: object,
        imported: Path | None,
        team: object,
    ) -> Adaptation:
        del progress, team
        seen.append((corpus, out, recipe, judged, imported))
        return _result(corpus, out, recipe, judged)

    module = importlib.import_module("acclimate.adapt.gpl")
    monkeypatch.setattr(module, "adapt", fake)
    return seen


def test_options_reach_the_adaptation(
    corpus: Path, tmp_path: Path, calls: list[tuple[Any, ...]]
) -> None:
    ran = acclimate(
        "adapt", corpus, "--out", tmp_path / "out", "--recipe", "small", "--evaluate", corpus,
        "--set", "train.max_steps=3", "--set", "corpus.passage_words=9", "--import", tmp_path,
    )  # fmt: skip
    assert ran.code == 0
    ((opened, out, recipe, judged, imported),) = calls
    assert (opened.name, out, imported) == (str(corpus), tmp_path / "out", tmp_path)
    assert (recipe.name, recipe.train.max_steps) == ("small", 3)
    assert opened.settings.passage_words == 9
    assert judged is opened


def test_the_outcome_is_one_json_object(
    corpus: Path, tmp_path: Path, calls: list[tuple[Any, ...]]
) -> None:
    out = tmp_path / "out"
    found = acclimate("adapt", corpus, "--out", out, "--json").json
    assert found["model"] == str(out / "model")
    assert found["report"] == str(out / "report.html")
    assert found["judged"] is None
    assert found["recipe"]["name"] == "offline"
    assert found["label_free"]["after"]["measures"]["nDCG@10"]["value"] == 0.5
    assert found["label_free"]["comparisons"][0]["corrected_p"] == 0.02
    assert found["stages"][0]["counts"] == {"repeated": 1}
    assert found["training"]["points"][0]["loss"] is None


def test_the_outcome_for_people_says_what_to_use(
    corpus: Path, tmp_path: Path, calls: list[tuple[Any, ...]]
) -> None:
    out = tmp_path / "out"
    said = acclimate("adapt", corpus, "--out", out, "--evaluate", corpus).out
    assert "3 held-out generated queries, judged by the teacher" in said
    assert "tiny: 3 queries, judged by people" in said
    assert "Teacher: The teacher is weak; name another." in said
    assert f"Use from now on: {out / 'model'}" in said


@pytest.mark.parametrize("as_json", [True, False])
def test_a_dry_run_says_what_it_would_cost(
    as_json: bool, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages: Sequence[StagePlan] = [
        StagePlan("generate", "queries", 1000, 7200.0, 1.5, ""),
        StagePlan("label", "pairs", 5000, 0.0, 0.5, "some/teacher (0.10 GB)"),
    ]
    module = importlib.import_module("acclimate.adapt.plan")
    monkeypatch.setattr(module, "plan", lambda *_: Plan(stages))
    ran = acclimate("adapt", corpus, "--dry-run", *(["--json"] if as_json else []))
    assert ran.code == 0
    if as_json:
        assert ran.json["seconds"] == 7200
        assert ran.json["stages"][1]["download"] == "some/teacher (0.10 GB)"
    else:
        assert "2 h 0 min" in ran.out
        assert "unknown" in ran.out
        assert "label, whose models are not here yet" in ran.out


def test_a_plan_from_a_busy_machine_says_by_how_much_it_is_too_high(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stages = [StagePlan("encode", "passages", 10, 60.0, 0.1, "")]
    show_plan(Plan(stages, slowdown=5.2))
    assert "busy with other work: these times are too high, by a factor of about 5." in (
        capsys.readouterr().out
    )
    show_plan(Plan(stages, slowdown=1.4))
    assert "busy" not in capsys.readouterr().out


def test_durations_are_said_in_words() -> None:
    assert [duration(s) for s in (0.4, 61, 600, 12_000, 400_000)] == [
        "0 s",
        "61 s",
        "10 min",
        "3 h 20 min",
        "5 days",
    ]


def test_the_packages_functions_survive_the_import_of_their_folders() -> None:
    package = importlib.import_module("acclimate")
    assert "acclimate.adapt.gpl" in sys.modules or importlib.import_module("acclimate.adapt.gpl")
    assert package.adapt is importlib.import_module("acclimate.api").adapt
