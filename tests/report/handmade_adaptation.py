"""One small adaptation, made by hand through the real records."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from acclimate.adapt.result import (
    Adaptation,
    BeforeAfter,
    LabelledPassage,
    ModelUse,
    Sample,
    StageCount,
    TeacherAccuracy,
    TeacherCheck,
    TrainSummary,
)
from acclimate.evaluate.evaluation import Evaluation, compare
from acclimate.evaluate.intervals import Estimate, bootstrap
from acclimate.settings import Recipe
from acclimate.train.course import TrainPoint

MODEL = Path("/runs/one/model")
SCRIPT = "<script>alert('from a passage')</script> zip pairs lists & more"


def evaluation(system: str, values: Mapping[str, float]) -> Evaluation:
    """A system with these values of nDCG@10, and half of each for RR@10."""
    per_query = {
        "nDCG@10": dict(values),
        "RR@10": {query_id: value / 2 for query_id, value in values.items()},
    }
    means = {
        name: bootstrap(list(each.values()), resamples=200) for name, each in per_query.items()
    }
    return Evaluation(system, "toy", len(values), means, per_query, {})


def before_after(labels: str, queries: int) -> BeforeAfter:
    """Queries of which every fifth gets worse and the others better."""
    start = {f"{labels}-{n}": (n * 37 % 100) / 125 for n in range(queries)}
    gains = [-0.12 if n % 5 == 4 else 0.08 + (n % 7) / 70 for n in range(queries)]
    after = {
        query_id: min(1.0, max(0.0, value + gain))
        for (query_id, value), gain in zip(start.items(), gains, strict=True)
    }
    before, trained = evaluation("base", start), evaluation("adapted", after)
    bm25 = evaluation("bm25", {query_id: value * 0.8 for query_id, value in start.items()})
    fused = evaluation("bm25+base", {q: min(1.0, v * 1.05) for q, v in start.items()})
    fused_after = evaluation("bm25+adapted", {q: min(1.0, v * 1.05) for q, v in after.items()})
    comparisons = [*compare(before, trained), *compare(fused, fused_after)]
    return BeforeAfter(
        labels, "toy questions", bm25, before, trained, fused, fused_after, comparisons
    )


def accuracy(name: str, random: float, mined: float) -> TeacherAccuracy:
    """A scorer with these shares."""
    return TeacherAccuracy(
        name,
        200,
        Estimate(random, random - 0.02, random + 0.02),
        Estimate(mined, mined - 0.05, mined + 0.05),
    )


def sample(number: int) -> Sample:
    """A query with one passage that tries to be a script."""
    negatives = (
        LabelledPassage("itertools.chain", SCRIPT, 2.0),
        LabelledPassage("zip_longest", "Pairs lists of unequal length. " * 30, 10.9),
    )
    positive = LabelledPassage("zip", "Iterate over several lists in parallel.", 10.3)
    return Sample(f"how to pair up lists <b>{number}</b>", "question", positive, negatives)


def adapted() -> Adaptation:
    """A run that went well, with people's judgments."""
    judged, label_free = before_after("judgments", 60), before_after("teacher", 40)
    texts = {q: f"how do I pair up two lists, way {q}" for q in judged.after.per_query["nDCG@10"]}
    points = [
        TrainPoint(step, 9 * math.exp(-step / 200) + 1, 8 * math.exp(-step / 250) + 2, step / 5)
        for step in range(0, 1001, 100)
    ]
    return Adaptation(
        corpus="python-stdlib",
        corpus_fingerprint="0f3a9c",
        passages=9876,
        recipe=Recipe(name="offline"),
        folder=Path("/runs/one"),
        model=MODEL,
        recommended=str(MODEL),
        verdict="The adapted model is better: +0.09 nDCG@10 judged by people.",
        stages=(
            StageCount("generate", 9000, {"copied": 700, "duplicate": 300}, 312.4),
            StageCount("filter", 6100, {"inconsistent": 2900}, 20.0),
            StageCount("mine", 6090, {"without negatives": 10}, 41.0),
            StageCount("label", 109_620, {}, 95.2),
        ),
        teacher_check=TeacherCheck(
            accuracy("likelihood:gemma", 0.97, 0.71),
            (accuracy("bm25", 0.95, 0.66), accuracy("student", 0.96, 0.69)),
            "The teacher is hardly better than the student; add BM25 to label.teachers.",
        ),
        training=TrainSummary(points, 800, 1000, 200.0),
        label_free=label_free,
        judged=judged,
        samples=[sample(number) for number in range(4)],
        label_values={
            "positives": [10 + math.sin(n) for n in range(300)],
            "negatives": [4 + 3 * math.sin(n) for n in range(3000)],
        },
        models=(
            ModelUse("student", Recipe().student.model, "PyPI package", "Apache-2.0"),
            ModelUse("generator", "google/gemma-3-270m", "PyPI package", "Gemma Terms of Use"),
        ),
        query_texts=texts,
    )
