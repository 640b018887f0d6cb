"""What an adaptation found out, or would cost, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acclimate.cli import show

if TYPE_CHECKING:
    from acclimate.adapt.plan import Plan, StagePlan
    from acclimate.adapt.result import Adaptation, BeforeAfter

#: What a page of numbers says first: the systems, in the order of the table.
_SYSTEMS = ("bm25", "before", "after", "fused_before", "fused_after")
_TITLES = {
    "bm25": "BM25",
    "before": "dense, before",
    "after": "dense, after",
    "fused_before": "BM25 + dense, before",
    "fused_after": "BM25 + dense, after",
}
REPORT = "report.html"
#: From here on a plan says that other work made its times longer.
BUSY = 2.0


def plain_plan(plan: Plan) -> dict[str, Any]:
    """A plan as JSON takes it."""
    return {
        "seconds": plan.seconds,
        "slowdown": plan.slowdown,
        "stages": [
            {
                "name": stage.name,
                "what": stage.what,
                "items": stage.items,
                "seconds": stage.seconds,
                "memory_gb": stage.memory_gb,
                "download": stage.download,
            }
            for stage in plan.stages
        ],
    }


def show_plan(plan: Plan) -> None:
    """A plan as a table."""
    show.table(
        ("stage", "what", "download", "items", "time", "memory"),
        [
            (
                stage.name,
                stage.what,
                stage.download or "-",
                f"{stage.items:,}",
                "unknown" if _untimed(stage) else duration(stage.seconds),
                f"{stage.memory_gb:.1f} GB",
            )
            for stage in plan.stages
        ],
        numbers=3,
    )
    untimed = [stage.name for stage in plan.stages if _untimed(stage)]
    without = f", and {', '.join(untimed)}, whose models are not here yet" if untimed else ""
    show.line(f"In all about {duration(plan.seconds)} on this machine{without}.")
    if plan.slowdown >= BUSY:
        show.line(
            "The machine was busy with other work: these times are too high, by a factor of about "
            f"{plan.slowdown:.0f}."
        )


def _untimed(stage: StagePlan) -> bool:
    """A stage is tried out with its model, and so only where that is."""
    return stage.items > 0 and not stage.seconds


def plain_adaptation(result: Adaptation) -> dict[str, Any]:
    """What was found out, without the rows behind it."""
    return {
        "corpus": result.corpus,
        "corpus_fingerprint": result.corpus_fingerprint,
        "passages": result.passages,
        "recipe": show.record(result.recipe),
        "folder": str(result.folder),
        "model": str(result.model),
        "report": str(result.folder / REPORT),
        "recommended": result.recommended,
        "verdict": result.verdict,
        "stages": [show.record(stage) for stage in result.stages],
        "teacher_check": show.record(result.teacher_check),
        "training": show.record(result.training),
        "earlier": [show.record(each) for each in result.earlier],
        "label_free": _plain_measured(result.label_free),
        "judged": None if result.judged is None else _plain_measured(result.judged),
        "models": [show.record(model) for model in result.models],
        "imported": list(result.imported),
    }


def _plain_measured(measured: BeforeAfter) -> dict[str, Any]:
    return {
        "labels": measured.labels,
        "corpus": measured.corpus,
        **{name: getattr(measured, name).as_json() for name in _SYSTEMS},
        "comparisons": [show.record(comparison) for comparison in measured.comparisons],
    }


def show_adaptation(result: Adaptation) -> None:
    """Before and after, what to use from now on, and where everything is."""
    _show_measured(result.label_free)
    if result.judged is not None:
        _show_measured(result.judged)
    if result.teacher_check.warning:
        show.line(f"Teacher: {result.teacher_check.warning}")
    show.line(result.verdict)
    show.line(f"Use from now on: {result.recommended}")
    show.line(f"Adapted model:   {result.model}")
    show.line(f"Report:          {result.folder / REPORT}")


def _show_measured(measured: BeforeAfter) -> None:
    count = measured.before.queries
    if measured.labels == "judgments":
        show.line(f"\n{measured.corpus}: {count} queries, judged by people")
    else:
        show.line(f"\n{count} held-out generated queries, judged by the teacher")
    names = list(measured.before.measures)
    rows = []
    for system in _SYSTEMS:
        means = getattr(measured, system).measures
        rows.append((_TITLES[system], *(f"{means[name].value:.4f}" for name in names)))
    show.table(("system", *names), rows, numbers=len(names))
    show.differences(measured.comparisons)


def duration(seconds: float) -> str:
    """`3 h 20 min`, `12 min`, `40 s`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours / 24:.0f} days"
