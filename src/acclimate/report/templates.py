"""What every page is made with: the templates, and how numbers and texts are shown in them."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from acclimate.report import words

# Shorter words are mostly those that every text has.
_TELLING_WORD = 4


def marked(text: str, query: str) -> Markup:
    """The text, escaped, with the query's telling words marked."""
    telling = {word for word in re.findall(r"\w+", query) if len(word) >= _TELLING_WORD}
    if not telling:
        return escape(text)
    # Two letters more let "lists" be found for "list".
    longest_first = sorted(telling, key=lambda word: (-len(word), word))
    pattern = rf"\b((?:{'|'.join(map(re.escape, longest_first))})\w{{0,2}}\b)"
    pieces = re.split(pattern, text, flags=re.IGNORECASE)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece) if nth % 2 else piece
        for nth, piece in enumerate(pieces)
    )


def environment() -> Environment:
    """The pages below report/page, with the words that all of them use."""
    made = Environment(
        loader=PackageLoader("acclimate.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "figure": words.figure,
        "signed": words.signed,
        "interval": words.interval,
        "signed_interval": words.signed_interval,
        "chance": words.chance,
        "count": words.count,
        "counted": words.counted,
        "queries": words.queries,
        "percent": words.percent,
        "percents": words.percents,
        "duration": words.duration,
        "cut": words.cut,
        "marked": marked,
    }
    made.filters.update(filters)
    return made
