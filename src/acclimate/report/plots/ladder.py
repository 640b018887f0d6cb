"""The systems' means one below the other, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from acclimate.report import words
from acclimate.report.measured import System
from acclimate.report.plots import svg

_ROW = 30.0
_LEFT = 142.0


def ladder(rows: Sequence[System], measure: str, name: str) -> Markup:
    """A dot for each mean, a line for its interval."""
    known = [
        (row.role, estimate)
        for row in rows
        if math.isfinite((estimate := row.estimate(measure)).low + estimate.high)
    ]
    if not known:
        return Markup("")
    low, high = min(each.low for _, each in known), max(each.high for _, each in known)
    room = max(0.01, (high - low) * 0.05)
    x = svg.Scale(max(0.0, low - room), high + room, _LEFT, 390)
    bottom = _ROW * len(known) + 8
    parts: list[Markup] = []
    for value in svg.ticks(x.low, x.high):
        parts.append(svg.line(x(value), 4, x(value), bottom, "grid"))
        parts.append(svg.text(x(value), bottom + 15, svg.number(value), "middle", "tick"))
    for index, (role, each) in enumerate(known):
        y = 20 + _ROW * index
        kind = "series1" if "after" in role else "series0"
        parts.append(svg.text(0, y + 4, role))
        parts.append(svg.line(x(each.low), y, x(each.high), y, f"line {kind}"))
        parts.append(svg.dot(x(each.value), y, 5, kind, words.figure(each.value)))
    parts.append(svg.text((_LEFT + 390) / 2, bottom + 32, measure, "middle"))
    told = "; ".join(f"{role}: {words.figure(e.value)} ({words.interval(e)})" for role, e in known)
    return svg.figure(name, bottom + 38, f"{measure} of each system", told, parts)
