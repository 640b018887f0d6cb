"""The few shapes that the figures are drawn with.

Everything is `Markup`: text given to these functions is escaped. Colours come from the page's
style sheet by class, so that figures follow its light and dark dress.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

#: Narrow, so that letters stay readable where a telephone shrinks the figure to its screen.
WIDTH = 400


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a value lies between two places on the page."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of this value."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Frame:
    """A plot's two axes."""

    x: Scale
    y: Scale


def figure(name: str, height: float, title: str, description: str, parts: Iterable[str]) -> Markup:
    """A drawing with its title and description for those who cannot see it; `name` is its id."""
    return Markup(
        '<svg viewBox="0 0 {w} {h:.0f}" role="img" aria-labelledby="{n}-title {n}-desc">'
        '<title id="{n}-title">{t}</title><desc id="{n}-desc">{d}</desc>{body}</svg>'
    ).format(w=WIDTH, h=height, n=name, t=title, d=description, body=Markup("").join(parts))


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "label") -> Markup:
    """A line of words."""
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>').format(
        x, y, anchor, kind, words
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line."""
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>').format(
        x1, y1, x2, y2, kind
    )


def bar(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    """A filled rectangle."""
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>').format(
        x, y, max(width, 0.0), height, kind
    )


def dot(x: float, y: float, radius: float, kind: str, says: str = "") -> Markup:
    """A filled circle; `says` is shown where the pointer rests on it."""
    told = Markup("<title>{}</title>").format(says) if says else Markup("")
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}" class="{}">{}</circle>').format(
        x, y, radius, kind, told
    )


def path(points: Sequence[tuple[float, float]], kind: str) -> Markup:
    """A line through points."""
    steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Markup('<polyline points="{}" class="{}"/>').format(steps, kind)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers between two values, about as many as wanted."""
    if not high > low:
        return [low]
    rough = (high - low) / wanted
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def axes(
    frame: Frame, x_words: str, y_words: str, marks: Sequence[tuple[float, str]] = ()
) -> list[Markup]:
    """Grid, numbers and names of both axes; `marks` are values of x with what to write there.

    Without marks there are round numbers.
    """
    x, y = frame.x, frame.y
    parts = [text(x.start - 30, y.end - 12, y_words)]
    for value in ticks(y.low, y.high):
        parts.append(line(x.start, y(value), x.end, y(value), "grid"))
        parts.append(text(x.start - 5, y(value) + 4, number(value), "end", "tick"))
    for value, words in marks or [(each, number(each)) for each in ticks(x.low, x.high)]:
        parts.append(line(x(value), y.start, x(value), y.start + 4, "axis"))
        parts.append(text(x(value), y.start + 16, words, "middle", "tick"))
    parts.append(line(x.start, y.start, x.end, y.start, "axis"))
    parts.append(text((x.start + x.end) / 2, y.start + 33, x_words, "middle"))
    return parts


def number(value: float) -> str:
    """A tick's number, short enough to stand beside its neighbours."""
    shown = f"{value / 1000:g}k" if abs(value) >= 10_000 else f"{value:g}"
    return shown.replace("-", "−")


def legend(x: float, y: float, names: Sequence[str]) -> list[Markup]:
    """Which colour is which, one below the other."""
    parts = []
    for index, name in enumerate(names):
        parts.append(bar(x, y + 16 * index - 9, 10, 10, series(index)))
        parts.append(text(x + 15, y + 16 * index, name))
    return parts


def series(index: int) -> str:
    """The class of the nth of several sets of data."""
    return f"series{index % 4}"
