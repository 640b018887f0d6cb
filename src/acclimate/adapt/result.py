"""What an adaptation found out: the records behind its table, its report and its model card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acclimate.evaluate.evaluation import Comparison, Evaluation
from acclimate.evaluate.intervals import Estimate
from acclimate.settings import Recipe
from acclimate.train.course import Course, Mixture, TrainPoint

#: What of a pseudo-labelled data set can be imported, each with those before it.
QUERIES, NEGATIVES, LABELS = "queries", "negatives", "labels"


@dataclass(frozen=True, slots=True)
class StageCount:
    """One stage's yield: rows kept, counts of what was dropped by reason, seconds of work."""

    name: str
    rows: int
    counts: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class TeacherAccuracy:
    """How often a scorer puts the source passage first (`queries` held-in generated queries)."""

    name: str
    queries: int
    over_random: Estimate
    over_mined: Estimate


@dataclass(frozen=True, slots=True)
class TeacherCheck:
    """The teacher beside BM25 and the student on the same queries."""

    teacher: TeacherAccuracy
    others: Sequence[TeacherAccuracy]
    warning: str


@dataclass(frozen=True, slots=True)
class TrainSummary:
    """The course of the training and the step whose weights were kept (0: the start)."""

    points: Sequence[TrainPoint]
    best_step: int
    steps: int
    seconds: float
    #: How many trained together, each with a batch of the recipe's size.
    processes: int = 1
    #: Of the adapted weights in those that were kept, and all shares that were tried.
    share: float = 1.0
    mixtures: Sequence[Mixture] = ()
    #: The recipe's name for this step of the training.
    step: str = "gpl"

    @classmethod
    def of(cls, course: Course, processes: int, step: str) -> TrainSummary:
        """What a finished course went through."""
        return cls(
            course.points, course.best_step, course.step, course.seconds, processes, course.share,
            course.mixtures, step,
        )  # fmt: skip

    @property
    def watched(self) -> bool:
        """Whether held-out queries chose the weights; in pre-training the last ones are kept."""
        return any(math.isfinite(point.held_out_loss) for point in self.points)


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """One judged set of queries, measured before and after, alone and fused with BM25.

    `labels` says who judged: people ("judgments") or the teacher ("teacher").
    """

    labels: str
    corpus: str
    bm25: Evaluation
    before: Evaluation
    after: Evaluation
    fused_before: Evaluation
    fused_after: Evaluation
    comparisons: Sequence[Comparison]

    @property
    def systems(self) -> tuple[Evaluation, ...]:
        """All five, as they were measured."""
        return (self.bm25, self.before, self.after, self.fused_before, self.fused_after)


@dataclass(frozen=True, slots=True)
class LabelledPassage:
    """A passage with the teacher's label for a query, as in the paper's Table 5."""

    passage_id: str
    text: str
    label: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A generated query with its positive and negatives."""

    query: str
    style: str
    positive: LabelledPassage
    negatives: Sequence[LabelledPassage]


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A model that the run used, for what, where it came from and under which licence."""

    role: str
    name: str
    source: str
    licence: str


@dataclass(frozen=True, slots=True)
class Training:
    """What a supervised training did. `best_step` 0 in `training` keeps the start's weights."""

    source: str
    passages_fingerprint: str
    passages: int
    recipe: Recipe
    folder: Path
    model: Path
    #: Queries with a passage to be found, those held out among them, and what was left out.
    examples: int
    held_out: int
    dropped: Mapping[str, int]
    training: TrainSummary
    models: Sequence[ModelUse]


@dataclass(frozen=True, slots=True)
class Adaptation:
    """Everything that `adapt` found out. `recommended` is the model to use from now on."""

    corpus: str
    corpus_fingerprint: str
    passages: int
    recipe: Recipe
    folder: Path
    model: Path
    recommended: str
    verdict: str
    stages: Sequence[StageCount]
    teacher_check: TeacherCheck
    training: TrainSummary
    label_free: BeforeAfter
    judged: BeforeAfter | None
    samples: Sequence[Sample]
    label_values: Mapping[str, Sequence[float]]
    models: Sequence[ModelUse]
    query_texts: Mapping[str, str]
    #: Model folders of the looks at the training (step-NUMBER), where the recipe keeps them.
    checkpoints: Sequence[Path] = ()
    #: The steps before `training`, in their order.
    earlier: Sequence[TrainSummary] = ()
    #: What was taken from files instead of made: of queries, negatives and labels the first ones.
    imported: Sequence[str] = ()

    @property
    def steps(self) -> list[TrainSummary]:
        """Every step of the training, in their order."""
        return [*self.earlier, self.training]
