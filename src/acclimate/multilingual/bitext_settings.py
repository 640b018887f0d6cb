"""How translations are mined."""

from __future__ import annotations

import math
from dataclasses import dataclass

from acclimate.errors import UsageError

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class MiningSettings:
    """How pairs are mined. Each default lives here once."""

    #: The least margin of a pair, or "auto": what is best on half of the gold pairs. The default
    #: is CCMatrix's (arXiv 1911.04944, section 3), found with LASER; other models need others.
    threshold: str = "1.06"
    #: Neighbours that a sentence's margin is measured against (arXiv 1811.01136, section 4).
    neighbours: int = 4
    #: What each side is written in, ISO 639-1; lines in other languages are left out. Empty: any.
    source_language: str = ""
    target_language: str = ""

    def __post_init__(self) -> None:
        if self.threshold != AUTO:
            _number(self.threshold)
        if self.neighbours < 1:
            raise UsageError(f"neighbours is {self.neighbours}; it must be at least 1, such as 4")

    @property
    def least(self) -> float:
        """The threshold as a number; not to be asked for where it is "auto"."""
        return _number(self.threshold)


def _number(threshold: str) -> float:
    try:
        value = float(threshold)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"threshold {threshold!r}; give a number such as 1.06, or auto")
    return value
