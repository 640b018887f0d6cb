"""Parquet tables, read batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from acclimate.errors import InputError
from acclimate.extras import need
from acclimate.formats.rows import FieldNames, Row

BATCH_ROWS = 1024


def read_parquet(path: Path, names: FieldNames) -> Iterator[Row]:
    """The rows of a Parquet file; of its columns only those that matter are read at all."""
    parquet = need("pyarrow.parquet", "parquet")
    arrow = need("pyarrow", "parquet")
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            columns = _wanted(file.schema_arrow.names, names)
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=columns):
                for fields in batch.to_pylist():
                    number += 1
                    yield Row(f"{path}: row {number}", fields)
    except (arrow.ArrowException, OSError) as error:
        raise InputError(
            f"{path}: row {number + 1}: cannot be read as Parquet ({error}); write the file again"
        ) from error


def _wanted(columns: list[str], names: FieldNames) -> list[str]:
    if names.text not in columns:
        return columns  # so that the refusal can show every name that there is
    known = {names.id, "id", names.title, names.text}
    return [column for column in columns if column in known]
