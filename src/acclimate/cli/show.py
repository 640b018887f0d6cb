"""Results on stdout: tables for people, or one JSON object for programs."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from acclimate.formats.readreport import ReadReport

if TYPE_CHECKING:
    from acclimate.evaluate.evaluation import Comparison
    from acclimate.types import Passage


PIPE_WIDTH = 160


def as_json(value: Mapping[str, Any]) -> None:
    """One object and nothing else."""
    plain = _finite(value)
    json.dump(plain, sys.stdout, ensure_ascii=False, indent=2, allow_nan=False, default=str)
    sys.stdout.write("\n")


def _finite(value: Any) -> Any:
    """Numbers that JSON does not know become null: a result must never fail to be printed."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return value


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> None:
    """A table whose last `numbers` columns are numbers."""
    shown = Table(box=SIMPLE_HEAD)
    for place, column in enumerate(columns):
        right = place >= len(columns) - numbers
        shown.add_column(
            column,
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=right or place == 0,  # a name or a number that is torn cannot be copied
        )
    for row in rows:
        # Text, because ids and passages may hold what rich would read as markup.
        shown.add_row(*(Text(cell) for cell in row))
    Console(highlight=False, width=_width()).print(shown)


def _width() -> int | None:
    """The terminal's; wide where there is none, because files and pipes have no edge."""
    return None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH


def line(text: str) -> None:
    """One line, not broken where a path would be torn."""
    Console(highlight=False, soft_wrap=True).print(text, markup=False)


def note(text: str) -> None:
    """One line on stderr that changes nothing of the result."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"note: {text}", style="dim", markup=False)


def skipped(report: ReadReport) -> None:
    """What was passed over while reading."""
    for skip in report.skips:
        note(f"{skip.part}: {skip}")


def record(value: Any) -> dict[str, Any]:
    """A record as JSON takes it."""
    return asdict(value)


def passage_name(passage: Passage) -> str:
    """What a person knows a passage by: its title, and where in it."""
    return "\n".join(part for part in (passage.title or passage.id, passage.place) if part)


def differences(comparisons: Iterable[Comparison]) -> None:
    """Systems against their baseline."""
    table(
        ("system", "against", "measure", "difference", "95% interval", "corrected p"),
        [
            (
                each.system,
                each.baseline,
                each.measure,
                f"{each.difference.value:+.4f}",
                f"{each.difference.low:+.4f} to {each.difference.high:+.4f}",
                f"{each.corrected_p:.4f}",
            )
            for each in comparisons
        ],
        numbers=3,
    )
