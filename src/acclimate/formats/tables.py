"""One file of named columns: JSON lines, CSV, TSV or Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from acclimate.errors import UsageError
from acclimate.formats.delimited import read_delimited
from acclimate.formats.jsonl import read_jsonl
from acclimate.formats.parquet import read_parquet
from acclimate.formats.pictured import with_pictures
from acclimate.formats.readreport import Placed, Tally
from acclimate.formats.rows import FieldNames, Row, document_of
from acclimate.formats.source import Unlabelled, whole
from acclimate.types import Passage

KINDS = (".jsonl", ".json", ".ndjson", ".csv", ".tsv", ".parquet")


@dataclass(frozen=True, slots=True)
class TableFile(Unlabelled):
    """A table whose every row is one passage."""

    path: Path
    names: FieldNames
    number_rows: bool

    def passages(self, tally: Tally) -> Iterator[Placed[Passage]]:
        """One passage a row."""
        rows = (
            Placed(row.place, whole(document_of(row, self.names, tally, self._id_of(number))))
            for number, row in enumerate(read_table(self.path, self.names), 1)
        )
        return with_pictures(rows, self.path.parent, tally)

    def _id_of(self, number: int) -> int | None:
        return number if self.number_rows else None


def table_kind(path: Path) -> str:
    """The kind of table that a name stands for, `.csv` for `x.csv.gz`; "" for no table."""
    inner = Path(path.stem) if path.suffix == ".gz" else path
    kind = inner.suffix.lower()
    return kind if kind in KINDS else ""


def read_table(path: Path, names: FieldNames) -> Iterator[Row]:
    """The rows of a table, of whatever kind its name says it is."""
    match table_kind(path):
        case ".jsonl" | ".json" | ".ndjson":
            return read_jsonl(path)
        case ".csv":
            return read_delimited(path, ",")
        case ".tsv":
            return read_delimited(path, "\t")
        case ".parquet":
            return read_parquet(path, names)
    raise UsageError(f"{path}: no table that is read; pass one of {', '.join(KINDS)}")
