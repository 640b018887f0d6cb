"""Parquet tables, read batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from acclimate.errors import InputError
from acclimate.extras import need
from acclimate.formats.rows import FieldNames, Row

BATCH_ROWS = 1024


def read_parquet(path: Path, names: FieldNames) -> Iterator[Row]:
    """The rows of a Parquet file; columns of lists, records or bytes are not read at all."""
    parquet = need("pyarrow.parquet", "parquet")
    arrow = need("pyarrow", "parquet")
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            columns = _wanted(file.schema_arrow, names, arrow)
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=columns):
                for fields in _in_microseconds(batch, arrow).to_pylist():
                    number += 1
                    yield Row(f"{path}: row {number}", {k: _plain(v) for k, v in fields.items()})
    except (arrow.ArrowException, OSError, OverflowError, ValueError) as error:
        raise InputError(
            f"{path}: row {number + 1}: cannot be read as Parquet ({error}); write the file again"
        ) from error


def _wanted(schema: Any, names: FieldNames, arrow: Any) -> list[str]:
    if names.text not in schema.names and names.image not in schema.names:
        return list(schema.names)  # so that the refusal can show every name that there is
    known = {names.id, "id", names.title, names.text}
    return [
        field.name for field in schema if field.name in known or _is_scalar(field.type, arrow.types)
    ]


def _is_scalar(kind: Any, types: Any) -> bool:
    """Whether values of this type can be asked for in a filter."""
    if types.is_dictionary(kind):
        kind = kind.value_type
    tests = (
        types.is_string, types.is_large_string, types.is_integer, types.is_floating,
        types.is_boolean, types.is_decimal, types.is_date, types.is_timestamp, types.is_time,
    )  # fmt: skip
    return any(test(kind) for test in tests)


def _in_microseconds(batch: Any, arrow: Any) -> Any:
    """Times as Python can hold them; those of a time zone in UTC, so that their texts compare."""
    for at, field in enumerate(batch.schema):
        if arrow.types.is_timestamp(field.type):
            kind = arrow.timestamp("us", tz=field.type.tz and "UTC")
        elif arrow.types.is_time64(field.type):
            kind = arrow.time64("us")
        else:
            continue
        batch = batch.set_column(at, field.name, batch.column(at).cast(kind, safe=False))
    return batch


def _plain(value: object) -> object:
    """Dates and times as ISO texts, decimals as floats; the rest as it is."""
    if isinstance(value, date | time):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
