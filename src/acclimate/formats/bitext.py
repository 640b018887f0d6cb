"""Pairs of lines: mined ones as a table, and gold ones as line numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.files import atomic_write, read_lines

COLUMNS = ("score", "source_line", "target_line", "source", "target")


@dataclass(frozen=True, slots=True)
class MinedPair:
    """Two lines that translate each other, with their numbers (from 1) and their margin."""

    score: float
    source_line: int
    target_line: int
    source: str
    target: str


def write_mined(path: Path, pairs: Iterable[MinedPair]) -> None:
    """Write pairs as a TSV file with a header; it appears whole or not at all."""
    with atomic_write(path) as handle:
        handle.write("\t".join(COLUMNS) + "\n")
        for pair in pairs:
            numbers = f"{pair.score:.6f}\t{pair.source_line}\t{pair.target_line}"
            handle.write(f"{numbers}\t{pair.source}\t{pair.target}\n")


def read_gold(path: Path) -> Iterator[tuple[int, int]]:
    """Known pairs, a line each: the source's line number, a tab, the target's, both from 1."""
    for number, line in enumerate(read_lines(path), 1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 2 or not all(each.isdecimal() and int(each) for each in fields):
            raise InputError(
                f"{path}:{number}: {line.strip()[:80]!r} is no pair of line numbers; write the "
                "source's and the target's, counted from 1, with a tab between"
            )
        yield int(fields[0]), int(fields[1])
