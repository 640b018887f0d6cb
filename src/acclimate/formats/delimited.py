"""CSV and TSV tables: a header that names the columns, then a row a record."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.files import read_lines
from acclimate.formats.rows import Row

# Far beyond the 128 KB that Python allows, and short of what one open quote would swallow.
LONGEST_FIELD = 1 << 24


def read_delimited(path: Path, delimiter: str) -> Iterator[Row]:
    """The rows of a table with a header; fields may be quoted as CSV quotes them."""
    csv.field_size_limit(max(LONGEST_FIELD, csv.field_size_limit()))
    reader = csv.reader(read_lines(path), delimiter=delimiter, strict=True)
    start = 1
    try:
        header = next(reader, [])
        _check_header(header, path)
        start = reader.line_num + 1
        for values in reader:
            place = f"{path}:{start}"
            if values:
                yield Row(place, _named(header, values, place))
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}:{start}: not a valid table row ({error}); close the quotes and double those "
            "inside a quoted field, or convert the table to JSON lines"
        ) from error


def _check_header(header: list[str], path: Path) -> None:
    if not header:
        raise InputError(f"{path}:1: no header; name the columns in the first line")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(f"{path}:1: the header names {twice[0]!r} twice; rename one of them")


def _named(header: list[str], values: list[str], place: str) -> dict[str, object]:
    if len(values) != len(header):
        raise InputError(
            f"{place}: {len(values)} columns where the header has {len(header)}; "
            "quote fields that hold the delimiter"
        )
    return dict(zip(header, values, strict=True))
