"""Which mixture of adapted and original weights was kept, and how the others did."""

from __future__ import annotations

from acclimate.adapt.result import TrainSummary
from acclimate.report import words


def mixed(training: TrainSummary) -> str:
    """Two sentences; none where nothing was mixed."""
    if not training.mixtures:
        return ""
    tried = ", ".join(
        f"{words.percent(each.share)} ({words.figure(each.held_out_loss)})"
        for each in training.mixtures
    )
    found = (
        f"{words.percent(training.share)} of the adapted weights with the original ones for the "
        "rest came out best and were kept"
        if training.share
        else "none came out better than the original weights, which were kept"
    )
    return (
        "They were then mixed with the original weights. Of the shares tried, by the loss on the "
        f"same held-out queries, {found}: {tried}."
    )
