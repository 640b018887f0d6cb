"""Rows on disk: one JSON object a line, the same bytes for the same rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

from acclimate.types import (
    GeneratedQuery,
    Mined,
    Passage,
    Score,
)

StoredRow = Passage | GeneratedQuery | Mined | Score
RowT = TypeVar("RowT", bound=StoredRow)


def to_lines(rows: Iterable[StoredRow]) -> bytes:
    """The rows as UTF-8 lines, fields in the record's order."""
    return "".join(
        json.dumps(_plain(row), ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows
    ).encode()


def _plain(row: StoredRow) -> dict[str, Any]:
    if isinstance(row, Mined):
        return asdict(row)
    return {field.name: getattr(row, field.name) for field in fields(row)}


def from_file(path: Path, kind: type[RowT]) -> Iterator[RowT]:
    """The rows of a shard, one after the other."""
    with path.open(encoding="utf-8", newline="\n") as handle:
        for line in handle:
            values = json.loads(line)
            if kind is Mined:
                values["negatives"] = {
                    name: tuple(ids) for name, ids in values["negatives"].items()
                }
            yield kind(**values)
