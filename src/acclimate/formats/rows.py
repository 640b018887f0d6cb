"""A row of named columns, and what is taken from it: an id, a title, a text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from acclimate.errors import InputError
from acclimate.formats.readreport import Reason, Tally
from acclimate.types import Document, Query, Scalar

DEFAULT_TITLE = "title"
DEFAULT_IMAGE = "image"
_LIKELY_TEXT = ("text", "body", "content", "contents", "passage", "abstract", "document")
_HALF_PAIR = re.compile("[\ud800-\udfff]")
# Run files and judgment files part their columns with these.
_BREAKS_COLUMNS = re.compile("[\t\r\n\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FieldNames:
    """Which columns hold the id, the title, the text and the path of a picture ("" for none)."""

    id: str
    title: str
    text: str
    image: str = DEFAULT_IMAGE


class Row(NamedTuple):
    """One row of a table, before its columns are given a meaning."""

    place: str
    fields: Mapping[str, object]


def document_of(row: Row, names: FieldNames, tally: Tally, number: int | None = None) -> Document:
    """The document that a row holds; `number` is its id where the row has none."""
    missing = names.title not in row.fields
    if missing and names.title != DEFAULT_TITLE:
        tally.skip(Reason.NO_TITLE, row.place)
    image = picture_of(row, names)
    if names.text not in row.fields and not image:
        raise InputError(_no_text(row, names))
    return Document(
        id=_row_id(row, names.id, number),
        text=_text(row, names.text, tally) if names.text in row.fields else "",
        title="" if missing else _text(row, names.title, tally),
        metadata=_metadata(row, names, image),
        image=image,
    )


def picture_of(row: Row, names: FieldNames) -> str:
    """The path of the picture that a row names; "" where it names none.

    An address on the web is no picture here: it stays a plain value, and nothing is fetched.
    """
    value = row.fields.get(names.image)
    return value if isinstance(value, str) and "://" not in value else ""


def query_of(row: Row, tally: Tally) -> Query:
    """The query that a row of a BEIR queries file holds."""
    if "text" not in row.fields:
        raise InputError(f"{row.place}: no 'text' among {list(row.fields)}; rename the column")
    return Query(_row_id(row, "_id", None), _text(row, "text", tally))


def checked_id(value: object, place: str) -> str:
    """An id as a string: whole numbers become strings; what cannot be an id is refused."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        raise InputError(f"{place}: the id is empty ({value!r}); give every row an id")
    if not isinstance(value, str):
        raise InputError(f"{place}: the id {value!r} is no string; write ids as strings")
    if _BREAKS_COLUMNS.search(value):
        raise InputError(
            f"{place}: the id {value!r} holds a tab, a line break or half a character, "
            "which run files cannot hold; rename it"
        )
    return value


def _row_id(row: Row, name: str, number: int | None) -> str:
    for known in (name, "id"):
        if known in row.fields:
            return checked_id(row.fields[known], row.place)
    if number is not None:
        return str(number)
    raise InputError(
        f"{row.place}: no {name!r} among {list(row.fields)}; rename the column, pass "
        "--set corpus.id_field=NAME, or number the rows with --set corpus.number_rows=true"
    )


def _text(row: Row, name: str, tally: Tally) -> str:
    value = row.fields[name]
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(
            f"{row.place}: {name!r} holds {_shortened(value)} ({type(value).__name__}), "
            "not a text; name another column or write it as one string"
        )
    # JSON can spell half a pair, which no encoder and no UTF-8 file can take.
    if not value.isascii() and _HALF_PAIR.search(value):
        tally.skip(Reason.MENDED_TEXT, row.place)
        return _HALF_PAIR.sub("\ufffd", value)
    return value


def _metadata(row: Row, names: FieldNames, image: str) -> Mapping[str, Scalar]:
    """Every other column that holds one plain value, and what a `metadata` object holds of them.

    Lists and objects cannot be asked for in a filter and are left where they are.
    """
    own = {names.id, "_id", "id", names.title, names.text, "metadata"}
    if image:
        own.add(names.image)
    inner = row.fields.get("metadata")
    parts = [*(inner.items() if isinstance(inner, Mapping) else ()), *row.fields.items()]
    return {
        key: value
        for key, value in parts
        if key not in own and isinstance(value, str | int | float) and not _lacks_value(value)
    }


def _lacks_value(value: Scalar) -> bool:
    """Empty cells, and numbers that JSON cannot spell: NaN, which some tables write for them."""
    return value == "" or (isinstance(value, float) and not math.isfinite(value))


def _no_text(row: Row, names: FieldNames) -> str:
    others = [name for name in row.fields if name not in (names.id, names.title)]
    guess = next((name for name in _LIKELY_TEXT if name in others), "NAME")
    return (
        f"{row.place}: no {names.text!r} among {list(row.fields)}; "
        f"rename the column or pass --set corpus.text_field={guess}"
    )


def _shortened(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
