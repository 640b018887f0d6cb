"""Translations in a table without quotes (TSV) or with them (CSV): a column for each language."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.delimited import LONGEST_FIELD
from acclimate.formats.files import read_lines
from acclimate.formats.parallel_languages import is_language, language
from acclimate.formats.parallel_row import translations_of
from acclimate.formats.readreport import Placed, Tally
from acclimate.types import Translation

Cells = tuple[str, list[str]]


@dataclass(frozen=True, slots=True)
class ParallelTable:
    """`languages` are the first columns', unless a header names them; further columns are passed
    over.
    """

    path: Path
    languages: Sequence[str]
    source: str

    def translations(self, tally: Tally) -> Iterator[Placed[Translation]]:
        """Every translation, streamed. Raises InputError with the line that is no row."""
        rows = csv_rows(self.path) if ".csv" in self.path.suffixes else _tsv_rows(self.path)
        first = next(rows, None)
        if first is None:
            return
        named = [language(cell) for cell in first[1]] if _names_languages(first[1]) else []
        columns = named or list(self.languages)
        if not columns:
            raise InputError(
                f"{self.path}: neither its name nor a header says which languages it holds; call "
                "it NAME.en-de.tsv, or pass --set pairs.languages=en-de"
            )
        body = rows if named or _numbers_columns(first[1]) else chain([first], rows)
        for place, cells in body:
            if len(cells) < len(columns):
                raise InputError(
                    f"{place}: {len(cells)} columns where {', '.join(columns)} are expected; "
                    "mend or remove the line"
                )
            yield from translations_of(
                list(zip(columns, cells, strict=False)), self.source, place, tally
            )


def _names_languages(cells: Sequence[str]) -> bool:
    return len(cells) > 1 and all(map(is_language, cells))


def _numbers_columns(cells: Sequence[str]) -> bool:
    """A header that some exports write where columns have no names."""
    return len(cells) > 1 and [*map(str, range(1, len(cells) + 1))] == list(cells)


def _tsv_rows(path: Path) -> Iterator[Cells]:
    for number, line in enumerate(read_lines(path), 1):
        if not line.isspace():
            yield f"{path}:{number}", [*map(_unquoted, line.rstrip("\r\n").split("\t"))]


def _unquoted(cell: str) -> str:
    """A cell as it was before an export quoted it; sentences in quotes keep theirs."""
    inner = cell[1:-1]
    quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
    doubled = '""' in inner and '"' not in inner.replace('""', "")
    return inner.replace('""', '"') if quoted and doubled else cell


def csv_rows(path: Path) -> Iterator[Cells]:
    """Each row that is not empty, with its place. Raises InputError for what is no CSV."""
    csv.field_size_limit(max(LONGEST_FIELD, csv.field_size_limit()))
    reader = csv.reader(read_lines(path), strict=True)
    start = 1
    try:
        for cells in reader:
            if cells:
                yield f"{path}:{start}", cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}:{start}: not a valid table row ({error}); close the quotes and double those "
            "inside a quoted field"
        ) from error
