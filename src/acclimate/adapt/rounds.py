"""Training in rounds, with negatives mined anew in between (R-GPL, arXiv 2501.14434).

A student that has learned finds other passages than at the start, and those are what it has to
learn to tell apart next. The teacher stays the same, and so do the held-out queries with their
labels: by others no two rounds could be compared.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from acclimate.adapt.apart import Sides
from acclimate.adapt.label import Labelled, label, labels
from acclimate.adapt.mine import mine
from acclimate.adapt.pseudo import Pseudo
from acclimate.adapt.tools import Tools
from acclimate.errors import UsageError
from acclimate.indexes.dense import ExactIndex
from acclimate.models.remembered import RememberedQueries
from acclimate.settings import TrainSettings
from acclimate.train.course import Course


@dataclass(frozen=True, slots=True)
class Round:
    """What one round learns from, where it begins and where it ends."""

    pseudo: Pseudo
    learning: Sequence[Labelled]
    held_out: Sequence[Labelled]
    #: The student that the negatives were mined with.
    student: ExactIndex
    #: The step to stop at, 0 for the last one.
    until: int
    #: The training folder of the round before, if there was one.
    before: Path | None


@dataclass(frozen=True, slots=True)
class Trained:
    """The folder of a round's training, with its `model`, and the course up to there."""

    folder: Path
    course: Course


def ends(settings: TrainSettings) -> list[int]:
    """The steps after which negatives are mined anew: they part the training evenly."""
    rounds = settings.mine_again + 1
    return [settings.max_steps * nth // rounds for nth in range(1, rounds)]


def in_rounds(
    tools: Tools,
    pseudo: Pseudo,
    sides: Sides[Labelled],
    settings: TrainSettings,
    train: Callable[[Round], Trained],
) -> tuple[Trained, Sequence[Pseudo]]:
    """Train from round to round; also the data sets of those after the first.

    `sides` are the queries of the first.
    Raises UsageError where labels were imported, whose teacher is not at hand for others.
    """
    stops = [*ends(settings), 0]
    if len(stops) > 1 and not pseudo.scores:
        raise UsageError(
            "train.mine_again needs the teacher of the imported labels for new negatives; set it "
            "to 0, or import the folder without gpl-training-data.tsv"
        )

    def passage_of(row: Labelled) -> str:
        return tools.passages.first(pseudo.queries[row.query_id].passage_id)

    apart = {passage_of(row) for row in (*sides.choosing, *sides.reporting)}
    data, start = [pseudo], tools.dense("student")
    trained = train(Round(pseudo, sides.learning, sides.choosing, start, stops[0], None))
    for stop in stops[1:]:
        student = tools.index(RememberedQueries(tools.student_at(str(trained.folder / "model"))))
        data.append(_mined_anew(tools, data, student))
        learning = [row for row in data[-1].labelled if passage_of(row) not in apart]
        trained = train(Round(data[-1], learning, sides.choosing, student, stop, trained.folder))
    return trained, data[1:]


def _mined_anew(tools: Tools, earlier: Sequence[Pseudo], student: ExactIndex) -> Pseudo:
    """The same queries with the negatives that the student finds now, and their labels."""
    recipe, first = tools.recipe, earlier[0]
    mined = mine(tools, first.kept, student)
    known = [each.scores for each in earlier]
    scores = label(tools, first.queries, mined, known)
    by_teacher = [chain(*rows) for rows in zip(*known, scores, strict=True)]
    labelled = labels(mined, by_teacher, recipe.label, recipe.seed)
    return replace(first, mined=mined, scores=scores, labelled=labelled)


def begin_at(before: Path, folder: Path) -> None:
    """Let a training begin where another one ended: with its weights, moments and course."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "state.safetensors").exists():
        return
    # The state comes last, since it is what a training goes on from.
    for path in sorted(before.glob("*.safetensors"), key=lambda path: path.stem == "state"):
        aside = folder / f"{path.name}.part"
        shutil.copyfile(path, aside)
        aside.replace(folder / path.name)
