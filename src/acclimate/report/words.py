"""Numbers as people read them. What could not be measured is a dash, never a number."""

from __future__ import annotations

import math
from collections.abc import Sequence

from acclimate.evaluate.intervals import Estimate

MISSING = "–"
_MINUS = "−"


def figure(value: float, digits: int = 3) -> str:
    """A number with so many decimals."""
    if not math.isfinite(value):
        return MISSING
    # Rounding first keeps -0.0001 from being shown as a negative nought.
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", _MINUS)


def signed(value: float, digits: int = 3) -> str:
    """A difference: with its sign, also where it is positive."""
    shown = figure(value, digits)
    return f"+{shown}" if math.isfinite(value) and round(value, digits) > 0 else shown


def interval(estimate: Estimate) -> str:
    """The 95% interval of a mean."""
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return MISSING
    return f"{figure(estimate.low)} to {figure(estimate.high)}"


def signed_interval(estimate: Estimate) -> str:
    """The 95% interval of a difference."""
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return MISSING
    return f"{signed(estimate.low)} to {signed(estimate.high)}"


def chance(p: float) -> str:
    """A p value; below a thousandth its exact size says nothing more."""
    if not math.isfinite(p):
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def count(number: int) -> str:
    """A whole number in groups of three."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """A number of things that take an s in the plural."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Several names in a sentence."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def queries(number: int) -> str:
    """A number of queries."""
    return "1 query" if number == 1 else f"{count(number)} queries"


def percent(share: float) -> str:
    """A share of one, in percent."""
    return f"{figure(100 * share, 1)}%" if math.isfinite(share) else MISSING


def percents(estimate: Estimate) -> str:
    """A share's interval, in percent."""
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return MISSING
    return f"{percent(estimate.low)} to {percent(estimate.high)}"


def duration(seconds: float) -> str:
    """Seconds in the unit that people would say."""
    if not math.isfinite(seconds):
        return MISSING
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def cut(text: str, limit: int) -> str:
    """At most so many characters of a text, with a mark where it was cut."""
    joined = " ".join(text.split())
    return joined if len(joined) <= limit else joined[: limit - 1].rstrip() + "…"
