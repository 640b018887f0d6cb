"""JSON lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.files import read_lines
from acclimate.formats.rows import Row


def read_jsonl(path: Path) -> Iterator[Row]:
    """The rows of a file of JSON lines; blank lines are passed over."""
    for number, line in enumerate(read_lines(path), 1):
        if line.isspace():
            continue
        place = f"{path}:{number}"
        try:
            value = json.loads(line)
        # A number of thousands of digits is a ValueError, brackets without end the other.
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{place}: not valid JSON ({error}): {line.strip()[:60]!r}; "
                "write one whole JSON object a line, or remove the line"
            ) from error
        if not isinstance(value, dict):
            raise InputError(
                f"{place}: a JSON {type(value).__name__} where an object was expected; "
                "write one object a line (jq -c '.[]' turns an array into lines)"
            )
        yield Row(place, value)
