"""The before/after table and the JSON of the command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from acclimate.adapt.result import Adaptation, BeforeAfter
from acclimate.evaluate.evaluation import Comparison, Evaluation
from acclimate.evaluate.intervals import Estimate
from acclimate.report import measured as measuring
from acclimate.report import words


def before_after_table(result: Adaptation) -> Table:
    """Every system by every measure with its 95% interval, as judged by people and the teacher."""
    parts = measuring.evidence(result)
    names = list(dict.fromkeys(name for part in parts for name in measuring.measures(part)))
    table = Table(title="Before and after: means and 95% intervals", box=box.SIMPLE_HEAD)
    table.add_column("", overflow="fold")
    for name in names:
        table.add_column(Text(name), justify="right")
    for part in parts:
        table.add_section()
        table.add_row(Text(_judge(part), style="bold"))
        for system in measuring.systems(part):
            style = "bold" if system.role == "model after" else ""
            cells = [Text(_cell(system.estimate(name))) for name in names]
            table.add_row(Text(system.role), *cells, style=style)
        _add_differences(table, part, names)
    return table


def as_json(result: Adaptation) -> dict[str, Any]:
    """One JSON object without any text of the corpus; what is not a finite number is null."""
    judged = result.judged
    shown = {
        "corpus": result.corpus,
        "fingerprint": result.corpus_fingerprint,
        "passages": result.passages,
        "recipe": result.recipe.name,
        "seed": result.recipe.seed,
        "folder": str(result.folder),
        "model": str(result.model),
        "recommended": result.recommended,
        "verdict": result.verdict,
        "stages": [
            {
                "name": stage.name,
                "rows": stage.rows,
                "counts": dict(stage.counts),
                "seconds": stage.seconds,
            }
            for stage in result.stages
        ],
        "teacher_check": {
            "teacher": asdict(result.teacher_check.teacher),
            "others": [asdict(other) for other in result.teacher_check.others],
            "warning": result.teacher_check.warning,
        },
        "training": asdict(result.training),
        "earlier": [asdict(each) for each in result.earlier],
        "models": [asdict(use) for use in result.models],
        "label_free": _before_after(result.label_free),
        "judged": None if judged is None else _before_after(judged),
    }
    return {name: _plain(value) for name, value in shown.items()}


def _before_after(measured: BeforeAfter) -> dict[str, Any]:
    return {
        "labels": measured.labels,
        "corpus": measured.corpus,
        "queries": measured.after.queries,
        "bm25": _system(measured.bm25),
        "before": _system(measured.before),
        "after": _system(measured.after),
        "fused_before": _system(measured.fused_before),
        "fused_after": _system(measured.fused_after),
        "comparisons": [asdict(comparison) for comparison in measured.comparisons],
    }


def _system(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "system": evaluation.system,
        "measures": {name: asdict(value) for name, value in evaluation.measures.items()},
    }


def _plain(value: Any) -> Any:
    """The value in JSON's own types; JSON has no word for NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _judge(part: BeforeAfter) -> str:
    who = "people" if measuring.by_people(part) else "the teacher"
    return f"judged by {who}: {words.queries(part.after.queries)}"


def _add_differences(table: Table, part: BeforeAfter, names: list[str]) -> None:
    """What adapting changed, alone and fused; the report has the other comparisons."""
    for baseline, system, title in (
        (part.before, part.after, "after against before"),
        (part.fused_before, part.fused_after, "the same with BM25"),
    ):
        found = {
            each.measure: _difference(each)
            for each in part.comparisons
            if (each.baseline, each.system) == (baseline.system, system.system)
        }
        if found:
            cells = [Text(found.get(name, "")) for name in names]
            table.add_row(Text(title), *cells, style="italic")


def _difference(comparison: Comparison) -> str:
    gain = words.signed(comparison.difference.value)
    range_ = words.signed_interval(comparison.difference)
    return f"{gain}, p {words.chance(comparison.corrected_p)}\n{range_}"


def _cell(estimate: Estimate) -> str:
    if not math.isfinite(estimate.value):
        return words.MISSING
    if not math.isfinite(estimate.low + estimate.high):
        return words.figure(estimate.value)
    return f"{words.figure(estimate.value)} ({estimate.low:.2f}–{estimate.high:.2f})"
