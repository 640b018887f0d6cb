"""The same work done in several ways, in one run: only ratios mean the same on another machine.

The ways take turns (A B A B ...), so that a machine that slows down slows all of them. Each round
gives one ratio; its median is reported with the smallest and the largest.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

Item = TypeVar("Item")
Result = TypeVar("Result")
Seconds = Callable[[Result], float]

_PACKAGES = ("torch", "transformers", "sentence-transformers", "bm25s", "numpy")


@dataclass(frozen=True, slots=True)
class Way(Generic[Item, Result]):
    """One way of doing the work. `seconds` reads the time from the result, where `run` also does
    what is not to be compared (loading a model anew, say)."""

    name: str
    run: Callable[[Sequence[Item]], Result]
    seconds: Seconds[Result] | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alike the ways' results are; below `least` the comparison is void."""

    what: str
    value: float
    least: float

    @property
    def holds(self) -> bool:
        """Whether both did the same work."""
        return self.value >= self.least


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of each round, and how many times as fast as the usual way that was."""

    way: str
    seconds: list[float]
    ratios: list[float]


@dataclass(frozen=True, slots=True)
class Comparison(Generic[Result]):
    """All ways over the same items; the first is the usual one. `results` are the last round's.

    `items` counts what the speed is told in, such as queries where each passage gets three.
    """

    task: str
    unit: str
    items: int
    timings: list[Timing]
    results: list[Result]


def compare(
    task: str,
    unit: str,
    items: Sequence[Item],
    ways: Sequence[Way[Item, Result]],
    repetitions: int,
    warm_up: int = 4,
    units_an_item: int = 1,
) -> Comparison[Result]:
    """Time the ways in turns; the first `warm_up` items go through each way once before."""
    if warm_up:
        for way in ways:
            way.run(items[:warm_up])
    rounds = []
    results: list[Result] = []
    for number in range(repetitions):
        done = [_timed(way, items) for way in ways]
        results = [result for result, _ in done]
        rounds.append([seconds for _, seconds in done])
        shown = ", ".join(f"{seconds:.2f} s" for seconds in rounds[-1])
        print(f"{task}: round {number + 1} of {repetitions}: {shown}", file=sys.stderr)
    timings = [
        Timing(way.name, [each[place] for each in rounds], [e[0] / e[place] for e in rounds])
        for place, way in enumerate(ways)
    ]
    return Comparison(task, unit, units_an_item * len(items), timings, results)


def report(
    comparisons: Sequence[tuple[Comparison[Any], Sequence[Agreement]]],
    settings: dict[str, Any],
    path: Path | None,
) -> int:
    """Show the comparisons and write them where asked; returns 1 where results disagree."""
    for comparison, agreements in comparisons:
        _show(comparison, agreements)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        value = {
            "machine": machine(),
            "settings": {name: value for name, value in settings.items() if name != "json"},
            "comparisons": [_as_json(*each) for each in comparisons],
        }
        path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    every = [each for _, agreements in comparisons for each in agreements]
    return 0 if all(each.holds for each in every) else 1


def machine() -> dict[str, Any]:
    """What the numbers depend on besides the code."""
    abilities = torch.cpu.get_capabilities()
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    return {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "bf16": [name for name in ("avx512_bf16", "amx_bf16") if abilities.get(name)],
        "gpu": gpu,
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }


def _timed(way: Way[Item, Result], items: Sequence[Item]) -> tuple[Result, float]:
    started = time.perf_counter()
    result = way.run(items)
    elapsed = time.perf_counter() - started
    return result, way.seconds(result) if way.seconds else elapsed


def _show(comparison: Comparison[Any], agreements: Sequence[Agreement]) -> None:
    title = f"{comparison.task}: {comparison.items:,} {comparison.unit}"
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left")
    for column in ("way", "seconds", f"{comparison.unit}/s", "ratio", "least to most"):
        table.add_column(column, justify="left" if column == "way" else "right", no_wrap=True)
    for timing in comparison.timings:
        seconds = statistics.median(timing.seconds)
        table.add_row(
            timing.way,
            f"{seconds:.2f}",
            f"{comparison.items / seconds:,.1f}",
            f"{statistics.median(timing.ratios):.2f}",
            f"{min(timing.ratios):.2f} to {max(timing.ratios):.2f}",
        )
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for each in agreements:
        word = "agreed" if each.holds else "DISAGREED"
        console.print(f"  {word}: {each.what} {each.value:.4f} (at least {each.least})")


def _as_json(comparison: Comparison[Any], agreements: Sequence[Agreement]) -> dict[str, Any]:
    return {
        "task": comparison.task,
        "unit": comparison.unit,
        "items": comparison.items,
        "ways": [
            {
                "name": timing.way,
                "seconds": [round(each, 4) for each in timing.seconds],
                "per_second": round(comparison.items / statistics.median(timing.seconds), 3),
                "ratio": {
                    "median": round(statistics.median(timing.ratios), 3),
                    "least": round(min(timing.ratios), 3),
                    "most": round(max(timing.ratios), 3),
                },
            }
            for timing in comparison.timings
        ],
        "agreement": [
            {"what": each.what, "value": round(each.value, 5), "least": each.least}
            for each in agreements
        ],
    }


def _processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
