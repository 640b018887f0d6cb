"""Each query before and after."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from acclimate.report import words
from acclimate.report.measured import Change
from acclimate.report.plots import svg

_HEIGHT = 400.0
# Queries that fall into one place are drawn as one dot, larger for more of them.
_GRID = 40


def scatter(rows: Sequence[Change], measure: str, name: str) -> Markup:
    """Gains lie above the diagonal, losses below it."""
    if not rows:
        return Markup("")
    highest = max(1.0, *(max(row.before, row.after) for row in rows))
    lowest = min(0.0, *(min(row.before, row.after) for row in rows))
    frame = svg.Frame(
        svg.Scale(lowest, highest, 44, 388), svg.Scale(lowest, highest, _HEIGHT - 44, 26)
    )
    parts = svg.axes(frame, f"{measure} before", f"{measure} after")
    corners = frame.x(lowest), frame.y(lowest), frame.x(highest), frame.y(highest)
    parts.append(svg.line(*corners, "mark"))
    step = (highest - lowest) / _GRID
    cells = Counter((round(row.before / step), round(row.after / step)) for row in rows)
    for (before, after), number in sorted(cells.items(), key=lambda cell: -cell[1]):
        radius = min(16.0, 2.5 * math.sqrt(number))
        kind = "gain" if after > before else "loss" if after < before else "same"
        place = f"{before * step:.2f} before, {after * step:.2f} after"
        told = f"{words.queries(number)}: {place}"
        parts.append(svg.dot(frame.x(before * step), frame.y(after * step), radius, kind, told))
    title = f"{measure} of each query, before and after"
    return svg.figure(name, _HEIGHT, title, tally(rows), parts)


def tally(rows: Sequence[Change]) -> str:
    """How many queries gained, lost and stayed."""
    gained = sum(row.difference > 0 for row in rows)
    lost = sum(row.difference < 0 for row in rows)
    return f"{gained:,} gained, {lost:,} lost, {len(rows) - gained - lost:,} stayed the same."
