"""Quality along an axis: a line for each system, a level for what the axis does not touch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from acclimate.report.plots import svg

_PLOT_HEIGHT = 220.0
_BELOW = 42.0
#: Values that are so many times apart would crowd at one end of an even axis.
_FAR_APART = 50.0

#: From a value to where it stands: itself, or its logarithm.
Place = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Point:
    """The mean at one value of the axis, and the lowest and highest seed's."""

    x: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Line:
    """One system's points, in the order of the axis."""

    name: str
    points: Sequence[Point]


def quality(
    lines: Sequence[Line],
    levels: Mapping[str, float],
    name: str,
    title: str,
    axis: str,
    measure: str,
) -> Markup:
    """The curves, with bands from the lowest seed to the highest; `levels` are drawn across."""
    points = [point for line in lines for point in line.points]
    if not points:
        return Markup("")
    names = [*(line.name for line in lines), *levels]
    top = 26.0 + 16 * len(names)
    place = _even if _even_enough([point.x for point in points]) else math.log10
    frame = _frame(points, levels, place, top)
    marks = [] if place is _even else _marks(points)
    parts = svg.legend(46, 12, names) + svg.axes(frame, axis, measure, marks)
    for index, line in enumerate(lines):
        parts += _drawn(line, frame, place, svg.series(index))
    for index, level in enumerate(levels.values(), len(lines)):
        y = frame.y(level)
        parts.append(svg.line(frame.x.start, y, frame.x.end, y, f"level {svg.series(index)}"))
    height = top + _PLOT_HEIGHT + _BELOW
    return svg.figure(name, height, title, _told(lines, levels), parts)


def _even(value: float) -> float:
    return value


def _even_enough(values: Sequence[float]) -> bool:
    return min(values) <= 0 or max(values) / min(values) < _FAR_APART


def _marks(points: Sequence[Point]) -> list[tuple[float, str]]:
    return [(math.log10(x), svg.number(x)) for x in sorted({point.x for point in points})]


def _frame(
    points: Sequence[Point], levels: Mapping[str, float], place: Place, top: float
) -> svg.Frame:
    xs = [place(point.x) for point in points]
    ys = [each for point in points for each in (point.low, point.high)] + list(levels.values())
    room = 0.08 * (max(ys) - min(ys)) or 0.01
    return svg.Frame(
        svg.Scale(min(xs), max(xs), 44, 385),
        svg.Scale(min(ys) - room, max(ys) + room, top + _PLOT_HEIGHT, top),
    )


def _drawn(line: Line, frame: svg.Frame, place: Place, kind: str) -> list[Markup]:
    xs = [frame.x(place(point.x)) for point in line.points]
    middle = [(x, frame.y(point.value)) for x, point in zip(xs, line.points, strict=True)]
    lower = [(x, frame.y(point.low)) for x, point in zip(xs, line.points, strict=True)]
    upper = [(x, frame.y(point.high)) for x, point in zip(xs, line.points, strict=True)]
    parts = [svg.path([*lower, *reversed(upper)], f"band {kind}")] if lower != upper else []
    parts.append(svg.path(middle, f"line {kind}"))
    parts += [
        svg.dot(x, y, 3, kind, f"{point.x:g}: {point.value:.4f}")
        for (x, y), point in zip(middle, line.points, strict=True)
    ]
    return parts


def _told(lines: Sequence[Line], levels: Mapping[str, float]) -> str:
    curves = [
        f"{line.name}: " + ", ".join(f"{p.value:.3f} at {p.x:g}" for p in line.points)
        for line in lines
    ]
    return "; ".join([*curves, *(f"{name}: {level:.3f}" for name, level in levels.items())])
