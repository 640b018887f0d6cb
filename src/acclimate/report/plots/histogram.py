"""How values of several kinds are spread over one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup

from acclimate.report.plots import svg

_BINS = 30
_HEIGHT = 270.0


def histogram(values: Mapping[str, Sequence[float]], name: str, title: str, axis: str) -> Markup:
    """Outlines of each kind's shares: kinds of very different size can be held side by side."""
    arrays = {kind: np.asarray(each, dtype=np.float64) for kind, each in values.items()}
    finite = {kind: each[np.isfinite(each)] for kind, each in arrays.items()}
    kept = {kind: each for kind, each in finite.items() if each.size}
    if not kept:
        return Markup("")
    low = float(min(each.min() for each in kept.values()))
    high = float(max(each.max() for each in kept.values()))
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS + 1)
    shares = {kind: 100 * np.histogram(each, edges)[0] / each.size for kind, each in kept.items()}
    top = 26.0 + 16 * len(kept)
    highest = float(max(share.max() for share in shares.values()))
    frame = svg.Frame(svg.Scale(low, high, 40, 390), svg.Scale(0, highest, _HEIGHT - 42, top))
    parts = svg.legend(42, 12, [f"{kind} (mean {kept[kind].mean():.2f})" for kind in kept])
    parts += svg.axes(frame, axis, "% of each kind")
    for index, share in enumerate(shares.values()):
        parts.append(svg.path(_outline(frame, edges.tolist(), share.tolist()), _kind(index)))
    means = "; ".join(f"{kind}: mean {each.mean():.2f}" for kind, each in kept.items())
    return svg.figure(name, _HEIGHT, title, means, parts)


def _kind(index: int) -> str:
    return f"area {svg.series(index)}"


def _outline(
    frame: svg.Frame, edges: Sequence[float], heights: Sequence[float]
) -> list[tuple[float, float]]:
    points = [(frame.x(edges[0]), frame.y(0))]
    for left, right, height in zip(edges, edges[1:], heights, strict=False):
        points += [(frame.x(left), frame.y(height)), (frame.x(right), frame.y(height))]
    return [*points, (frame.x(edges[-1]), frame.y(0))]
