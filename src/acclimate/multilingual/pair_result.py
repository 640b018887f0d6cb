"""What a training on translations came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acclimate.formats.readreport import ReadReport, Reason
from acclimate.models.resolve import ResolvedModel
from acclimate.multilingual.pair_accuracy import Accuracy
from acclimate.multilingual.pair_settings import AlignSettings, DistillSettings
from acclimate.multilingual.pair_split import Split
from acclimate.train.course import Course


@dataclass(frozen=True, slots=True)
class LanguageResult:
    """Translations into one language, and the accuracy on the held-out ones."""

    language: str
    learned: int
    held_out: int
    before: Accuracy
    after: Accuracy


@dataclass(frozen=True, slots=True)
class Multilingual:
    """A multilingual model, and where it comes from.

    `teacher` is none where there was no teacher. `agreement` is the mean cosine of the model's and
    the teacher's vectors of held-out source sentences.
    """

    folder: Path
    model: Path
    student: str
    base: ResolvedModel
    teacher: ResolvedModel | None
    agreement: float | None
    languages: Sequence[LanguageResult]
    course: Course
    settings: DistillSettings | AlignSettings
    report: ReadReport

    @property
    def excluded(self) -> int:
        """Translations that were left out because they stand among the excluded texts."""
        return self.report.count(Reason.EXCLUDED_TRANSLATION)


def language_results(
    parts: Split, before: Mapping[str, Accuracy], after: Mapping[str, Accuracy]
) -> list[LanguageResult]:
    """One row for each language, in the order of the split."""
    return [
        LanguageResult(each, len(rows), len(parts.held_out[each]), before[each], after[each])
        for each, rows in parts.learning.items()
    ]
