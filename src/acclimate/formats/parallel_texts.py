"""Every text of a file, whatever it is called or aligned with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from acclimate.formats.files import read_lines
from acclimate.formats.parallel import find_parallel, parallel_files
from acclimate.formats.readreport import ReadReport


def texts_of(names: Sequence[str | Path]) -> Iterator[str]:
    """The segments of translation memories; of other files every column of every line.

    Of a folder, those of its parallel files.
    """
    for path in _files(names):
        if ".tmx" in path.suffixes:
            for source in find_parallel([path]):
                for placed in source.translations(ReadReport().tally(path.name)):
                    yield placed.row.source
                    yield placed.row.target
        else:
            for line in read_lines(path):
                yield from filter(str.strip, line.rstrip("\r\n").split("\t"))


def _files(names: Sequence[str | Path]) -> Iterator[Path]:
    for name in names:
        path = Path(name).expanduser()
        yield from parallel_files([path]) if path.is_dir() else [path]
