"""Every text of a file, whatever it is called or aligned with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from acclimate.errors import UsageError
from acclimate.formats.files import read_lines
from acclimate.formats.jsonl import read_jsonl
from acclimate.formats.parallel import find_parallel, parallel_files
from acclimate.formats.parallel_table import csv_rows
from acclimate.formats.readreport import ReadReport


def texts_of(names: Sequence[str | Path]) -> Iterator[str]:
    """The segments of translation memories, the texts of JSON lines and the cells of CSV files.

    Of any other file every column of every line; of a folder, its parallel files and JSON lines.
    Raises InputError with the line that cannot be read, UsageError for a folder without such files.
    """
    for path in _files(names):
        read = next((read for kind, read in _READERS.items() if kind in path.suffixes), _columns)
        yield from filter(str.strip, read(path))


def _files(names: Sequence[str | Path]) -> Iterator[Path]:
    for name in names:
        path = Path(name).expanduser()
        yield from _within(path) if path.is_dir() else [path]


def _within(folder: Path) -> Iterator[Path]:
    lines = sorted(each for each in folder.iterdir() if ".jsonl" in each.suffixes)
    yield from lines
    try:
        yield from parallel_files([folder])
    except UsageError as error:
        if not lines:
            raise UsageError(f"{error}; or in .jsonl files") from error


def _segments(path: Path) -> Iterator[str]:
    for source in find_parallel([path]):
        for placed in source.translations(ReadReport().tally(path.name)):
            yield placed.row.source
            yield placed.row.target


def _strings(path: Path) -> Iterator[str]:
    values = chain.from_iterable(row.fields.values() for row in read_jsonl(path))
    return (value for value in values if isinstance(value, str))


def _cells(path: Path) -> Iterator[str]:
    return chain.from_iterable(cells for _, cells in csv_rows(path))


def _columns(path: Path) -> Iterator[str]:
    return chain.from_iterable(line.rstrip("\r\n").split("\t") for line in read_lines(path))


_READERS: dict[str, Callable[[Path], Iterator[str]]] = {
    ".tmx": _segments,
    ".jsonl": _strings,
    ".csv": _cells,
}
