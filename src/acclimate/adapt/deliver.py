"""Stage 7: the verdict, the model folder, the report. Folders appear whole or not at all."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acclimate.adapt.finished import write_found
from acclimate.adapt.label import Labelled
from acclimate.adapt.result import Adaptation, BeforeAfter, LabelledPassage, Sample
from acclimate.adapt.tools import Tools
from acclimate.evaluate.evaluation import Comparison
from acclimate.formats.files import atomic_write
from acclimate.formats.trec import write_run
from acclimate.report.card import model_card
from acclimate.report.html import write_report
from acclimate.train.saving import replace_folder
from acclimate.train.saving import save_model as save_model
from acclimate.types import GeneratedQuery, Passage

RUNS = "runs"
SAMPLES = 60
SAMPLE_NEGATIVES = 4
LABEL_VALUES = 5_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the adaptation helped, in words, and the model to use."""

    helped: bool
    text: str


def verdict(label_free: BeforeAfter, judged: BeforeAfter | None, learned: bool) -> Verdict:
    """Helped: better beyond doubt on held-out queries or by people's judgments, and none objects.

    Held-out queries object where they are surely worse; judgments where their difference does not
    point upwards, or fusion with BM25 is surely worse.
    """
    if not learned:
        return Verdict(
            False,
            "Nothing that was trained came closer to the teacher on held-out queries than the "
            "original model, so the original model is recommended.",
        )
    gain = change(label_free)
    words = f"On held-out generated queries judged by the teacher {_said(gain)}"
    helped = gain.difference.low > 0
    if judged is not None:
        real, fused = change(judged), change(judged, fused=True)
        words += f"; by the judgments of {judged.corpus} {_said(real)}"
        # Held-out queries can be too few to be sure, where people's questions are many.
        sure = helped or (gain.difference.high > 0 and real.difference.low > 0)
        helped = sure and real.difference.value > 0 and fused.difference.high > 0
    ending = (
        ". The adapted model is recommended."
        if helped
        else ". That is no gain to rely on, so the original model is recommended."
    )
    with_bm25 = change(judged or label_free, fused=True)
    return Verdict(helped, f"{words}{ending} Fused with BM25 {_said(with_bm25)}.")


def change(measured: BeforeAfter, fused: bool = False) -> Comparison:
    """The comparison of after with before, each alone or each fused with BM25."""
    pair = (
        (measured.fused_before.system, measured.fused_after.system)
        if fused
        else (measured.before.system, measured.after.system)
    )
    return next(each for each in measured.comparisons if (each.baseline, each.system) == pair)


def _said(comparison: Comparison) -> str:
    gain = comparison.difference
    return (
        f"{comparison.measure} changed by {gain.value:+.4f} "
        f"(95% interval {gain.low:+.4f} to {gain.high:+.4f}, p = {comparison.corrected_p:.3g})"
    )


def deliver(result: Adaptation, trained: Path) -> None:
    """The model with its card at OUT/model, the report and the runs beside it, and what to use."""
    place_model(trained, model_card(result), result.model)
    write_report(result, result.folder / "report.html")
    write_runs(result)
    write_found(result)
    note_recommendation(result.folder, result.recommended)


def place_model(trained: Path, card: str, target: Path) -> None:
    """A copy of a trained model, with its card, where people look for it."""
    aside = target.with_name(f".{target.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(trained, aside)
    (aside / "README.md").write_text(card, encoding="utf-8")
    replace_folder(aside, target)


def write_runs(result: Adaptation) -> None:
    """The hits that people's judgments were measured on, as a TREC run for each system."""
    folder = result.folder / RUNS
    aside = result.folder / f".{RUNS}.part"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    judged = result.judged
    for evaluation in judged.systems if judged else ():
        name = run_name(evaluation.system)
        write_run(aside / f"{name}.trec", evaluation.hits, name)
    replace_folder(aside, folder)


def run_name(system: str) -> str:
    """A system's name as that of a file: `bm25+after`."""
    return system.lower().replace(" ", "")


def note_recommendation(folder: Path, recommended: str) -> None:
    """One line for scripts: the model to use from now on."""
    with atomic_write(folder / "recommended.txt") as handle:
        handle.write(f"{recommended}\n")


def samples(
    tools: Tools, queries: Mapping[str, GeneratedQuery], labelled: Sequence[Labelled]
) -> list[Sample]:
    """Queries with positive and negatives, as in the paper's Table 5."""
    draw = random.Random(tools.recipe.seed)  # noqa: S311
    shown = draw.sample(list(labelled), min(SAMPLES, len(labelled)))
    return [_sample(tools, queries[row.query_id], row) for row in shown]


def _sample(tools: Tools, query: GeneratedQuery, row: Labelled) -> Sample:
    texts = tools.passages.get(row.passage_ids[: SAMPLE_NEGATIVES + 1])
    positive, *negatives = [
        _labelled(passage, float(value))
        for passage, value in zip(texts, row.values[: len(texts)], strict=True)
    ]
    return Sample(query.text, query.style, positive, negatives)


def _labelled(passage: Passage, value: float) -> LabelledPassage:
    return LabelledPassage(passage.id, passage.content, value)


def label_values(labelled: Sequence[Labelled], seed: int) -> dict[str, list[float]]:
    """Labels of positives and of negatives, thinned out for a plot."""
    draw = random.Random(seed)  # noqa: S311
    shown = draw.sample(list(labelled), min(LABEL_VALUES, len(labelled)))
    return {
        "positives": [float(row.values[0]) for row in shown],
        "negatives": [float(draw.choice(row.values[1:])) for row in shown if len(row.values) > 1],
    }
