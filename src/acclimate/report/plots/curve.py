"""The course of the training: its loss and the held-out loss by step."""

from __future__ import annotations

import math

from markupsafe import Markup

from acclimate.adapt.result import TrainSummary
from acclimate.report.plots import svg

_HEIGHT = 280.0


def curve(training: TrainSummary, name: str) -> Markup:
    """Both losses, with the step marked whose weights were kept."""
    kinds = {
        "training loss": [(point.step, point.loss) for point in training.points],
        "held-out loss": [(point.step, point.held_out_loss) for point in training.points],
    }
    lines = {
        kind: [(step, loss) for step, loss in points if math.isfinite(loss)]
        for kind, points in kinds.items()
    }
    losses = [loss for points in lines.values() for _, loss in points]
    if not losses:
        return Markup("")
    last = max(1, training.steps, *(point.step for point in training.points))
    # Losses of likelihoods can be of any size and of either sign.
    low, high = min(0.0, *losses), max(*losses, 0.0) or 1.0
    frame = svg.Frame(svg.Scale(0, last, 44, 385), svg.Scale(low, high, _HEIGHT - 42, 62))
    parts = svg.legend(46, 12, list(lines)) + svg.axes(frame, "step", "loss")
    kept = frame.x(min(training.best_step, last))
    parts.append(svg.line(kept, frame.y.start, kept, frame.y.end - 6, "mark"))
    side = "end" if kept > svg.WIDTH / 2 else "start"
    parts.append(svg.text(kept, frame.y.end - 12, f"kept: step {training.best_step}", side))
    for index, points in enumerate(lines.values()):
        places = [(frame.x(step), frame.y(loss)) for step, loss in points]
        parts.append(svg.path(places, f"line {svg.series(index)}"))
        parts += [svg.dot(x, y, 2.5, svg.series(index)) for x, y in places]
    return svg.figure(name, _HEIGHT, "Loss by training step", _told(training), parts)


def _told(training: TrainSummary) -> str:
    looks = "; ".join(
        f"step {point.step}: training {point.loss:.3g}, held-out {point.held_out_loss:.3g}"
        for point in training.points
    )
    return f"The weights of step {training.best_step} were kept. {looks}"
