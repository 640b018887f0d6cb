"""Translations line by line in aligned files, one for each language (the layout of Moses)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.files import read_lines
from acclimate.formats.parallel_row import translations_of
from acclimate.formats.readreport import Placed, Tally
from acclimate.types import Translation


@dataclass(frozen=True, slots=True)
class MosesFiles:
    """The files by their languages; `path` is what their names share."""

    path: Path
    sides: Mapping[str, Path]
    source: str

    def translations(self, tally: Tally) -> Iterator[Placed[Translation]]:
        """Every translation, streamed. Raises InputError where one file has fewer lines."""
        opened = [read_lines(path) for path in self.sides.values()]
        for number, lines in enumerate(zip_longest(*opened), 1):
            whole = [line for line in lines if line is not None]
            if len(whole) < len(lines):
                self._refuse(lines, number)
            variants = list(zip(self.sides, whole, strict=True))
            place = f"{next(iter(self.sides.values()))}:{number}"
            yield from translations_of(variants, self.source, place, tally)

    def _refuse(self, lines: tuple[str | None, ...], number: int) -> None:
        paths = list(self.sides.values())
        ended = paths[lines.index(None)]
        longer = next(path for path, line in zip(paths, lines, strict=True) if line is not None)
        raise InputError(
            f"{ended}:{number}: no such line, but {longer} has one; aligned files have equally "
            "many lines, so fetch both again"
        )
