"""How many queries each stage kept, and how many it dropped."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from acclimate.adapt.result import StageCount
from acclimate.report import words
from acclimate.report.plots import svg

# Later stages count pairs and steps, which cannot stand beside queries in one drawing.
QUERY_STAGES = ("generate", "sentences", "filter", "mine")
_ROW = 44.0


def funnel(stages: Sequence[StageCount], name: str) -> Markup:
    """One bar for each stage that yields queries: kept, then dropped."""
    shown = [stage for stage in stages if stage.name in QUERY_STAGES] or list(stages)
    most = max([1, *(stage.rows + dropped(stage) for stage in shown)])
    scale = svg.Scale(0, most, 0, svg.WIDTH)
    parts: list[Markup] = []
    for index, stage in enumerate(shown):
        y = 14 + _ROW * index
        parts.append(svg.text(0, y, stage.name, kind="label strong"))
        parts.append(svg.text(svg.WIDTH, y, _counts(stage), "end"))
        parts.append(svg.bar(0, y + 6, scale(stage.rows), 16, "kept"))
        parts.append(svg.bar(scale(stage.rows), y + 6, scale(dropped(stage)), 16, "dropped"))
    description = "; ".join(f"{stage.name}: {_counts(stage)}" for stage in shown)
    return svg.figure(name, _ROW * max(len(shown), 1), "Queries by stage", description, parts)


def dropped(stage: StageCount) -> int:
    """All that a stage dropped, whatever the reason."""
    return sum(stage.counts.values())


def _counts(stage: StageCount) -> str:
    lost = dropped(stage)
    return f"{words.count(stage.rows)} kept" + (f", {words.count(lost)} dropped" if lost else "")
