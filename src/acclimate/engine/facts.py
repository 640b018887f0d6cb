"""How filters see a metadata value: as a text, as a number, as true or false.

Each view is made once, when the passage is written, by these functions alone.
"""

from __future__ import annotations

import math
import re

from acclimate.types import Scalar

#: A passage's own fields; where one is empty, a metadata key of its name stands in for it.
OWN = ("id", "title", "document_id", "place")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE = range(-(2**63), 2**63)


def text_of(value: Scalar) -> str:
    """The value as it is written: `2020`, `0.5`, `true`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def number_of(value: Scalar) -> int | float | None:
    """The number that a value is, or that its text says (as CSV says "2020"); else none.

    Whole numbers beyond 64 bits are rounded as floats are; what is not finite is no number.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return None
        # Twenty characters hold every whole number of 64 bits, and int() refuses very long ones.
        value = int(text) if len(text) <= 20 and text.lstrip("+-").isdigit() else float(text)
    if isinstance(value, int) and value in _WHOLE:
        return value
    try:
        rounded = float(value)
    except OverflowError:
        return None
    return rounded if math.isfinite(rounded) else None


def truth_of(value: Scalar) -> bool | None:
    """True or false, or a text that says so in letters of any case; else none."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None


def holds(text: str, folded: str) -> bool:
    """Whether a text contains another, which is case-folded already."""
    return folded in text.casefold()
