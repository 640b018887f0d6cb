"""What an adaptation found out, put together from its rows, its training and its measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from acclimate.adapt.deliver import label_values, samples, verdict
from acclimate.adapt.measure import Measured
from acclimate.adapt.needed import models_used
from acclimate.adapt.pseudo import Pseudo
from acclimate.adapt.result import Adaptation, StageCount, TrainSummary
from acclimate.adapt.taken import Taken
from acclimate.adapt.tools import Tools
from acclimate.pretrain.methods import METHODS
from acclimate.runs import Rows
from acclimate.train.team import Team


def outcome(
    corpus: str,
    tools: Tools,
    pseudo: Pseudo,
    taken: Sequence[Taken],
    measured: Measured,
    team: Team,
) -> Adaptation:
    """The whole result; `corpus` is its name for the user, `taken` every step in its order."""
    folder, recipe = tools.run.folder, tools.recipe
    decided = verdict(
        measured.label_free, measured.judged, any(step.course.share > 0 for step in taken)
    )
    model = folder / "model"
    return Adaptation(
        corpus=corpus,
        corpus_fingerprint=tools.passages.fingerprint,
        passages=len(tools.passages),
        recipe=recipe,
        folder=folder,
        model=model,
        recommended=str(model) if decided.helped else tools.student.name,
        verdict=decided.text,
        stages=[*_counts(pseudo), *(row for step in taken for row in _counts_again(step.again))],
        teacher_check=pseudo.check,
        training=_summary(taken[-1], team),
        earlier=[_summary(step, team) for step in taken[:-1]],
        label_free=measured.label_free,
        judged=measured.judged,
        samples=samples(tools, pseudo.queries, pseudo.labelled),
        label_values=label_values(pseudo.labelled, recipe.seed),
        models=models_used(recipe, pseudo.imported),
        query_texts=measured.asked,
        checkpoints=sorted(taken[-1].model.parent.glob("step-*/")),
        imported=pseudo.imported,
    )


def _summary(taken: Taken, team: Team) -> TrainSummary:
    # Pre-training is the first process's work alone.
    processes = 1 if taken.step in METHODS else team.size
    return TrainSummary.of(taken.course, processes, taken.step)


def _counts(pseudo: Pseudo) -> list[StageCount]:
    counts = [_count(rows) for rows in pseudo.generated]
    dropped = {"repeated": pseudo.repeated, **pseudo.kept.counts}
    counts.append(StageCount("filter", len(pseudo.kept), dropped, pseudo.kept.seconds))
    mined = pseudo.mined
    counts.append(StageCount("mine", len(mined), mined.counts, mined.seconds))
    return counts + [_count(rows) for rows in pseudo.scores]


def _counts_again(again: Sequence[Pseudo]) -> list[StageCount]:
    """What was mined and labelled for the rounds after the first."""
    counts: list[StageCount] = []
    for number, pseudo in enumerate(again, 2):
        counts.append(_count(pseudo.mined, f" (round {number})"))
        counts += [_count(rows, f" (round {number})") for rows in pseudo.scores]
    return counts


def _count(rows: Rows[Any], note: str = "") -> StageCount:
    name = rows.folder.name.rpartition("-")[0]
    return StageCount(f"{name}{note}", len(rows), rows.counts, rows.seconds)
