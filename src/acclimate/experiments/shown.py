"""Measures in tables as the paper prints them: times 100, with a mark where it is no chance."""

from __future__ import annotations

from collections.abc import Sequence

from acclimate.evaluate.intervals import Estimate
from acclimate.experiments.findings import Experiment
from acclimate.experiments.grid import Grid
from acclimate.experiments.table import Entry, Table
from acclimate.report import words

#: Better or worse than the baseline, beyond chance.
MARKS = {"better": "▲", "worse": "▼", "": ""}


def points(value: float | None) -> str:
    """A mean times 100 with one decimal; a dash where it is lacking."""
    return words.MISSING if value is None else words.figure(100 * value, 1)


def signed_points(value: float) -> str:
    """A difference times 100, with its sign."""
    return words.signed(100 * value, 2)


def signed_range(estimate: Estimate) -> str:
    """A difference's 95% interval, times 100."""
    return f"{signed_points(estimate.low)} to {signed_points(estimate.high)}"


def marked(entry: Entry | None) -> str:
    """A mean with its mark."""
    if entry is None:
        return words.MISSING
    mark = MARKS[entry.reading]
    return f"{points(entry.estimate.value)} {mark}".strip()


def rank(value: float | None) -> str:
    """An average rank."""
    return words.MISSING if value is None else f"{value:.1f}"


def spread(seeds: Sequence[float]) -> str:
    """The averages of the lowest and the highest seed, where there are several."""
    if len(seeds) < 2:
        return words.MISSING
    return f"{points(min(seeds))} to {points(max(seeds))}"


def heads(table: Table) -> list[str]:
    """The columns after the system's name."""
    return [*table.corpora, *(["Avg.", "Rank"] if table.several else ["Rank"]), "Seeds"]


def unfinished(experiment: Experiment) -> str:
    """That there is more to come, where there is."""
    if not experiment.waiting:
        return ""
    return (
        f"Not finished: {len(experiment.waiting)} of {len(experiment.outcomes)} cells are still to "
        "be done. The tables stand on the others."
    )


def told(grid: Grid) -> str:
    """What the numbers of the table are, in words."""
    seeds = ", ".join(map(str, grid.seeds))
    several = "each query's value is averaged over the seeds first; " if len(grid.seeds) > 1 else ""
    return (
        f"{grid.measure} times 100, training seeds {seeds}: {several}{MARKS['better']} better and "
        f"{MARKS['worse']} worse than {grid.baseline} beyond chance (paired randomisation test "
        "over queries, p below 0.05 after Holm's correction for all comparisons of this table, and "
        "a 95% interval without 0). In the average every corpus counts alike. Rank is the average "
        "rank over the corpora, 1 is best. Seeds: the average of the lowest and the highest seed."
    )


def best(table: Table) -> set[tuple[int, int]]:
    """(line, column) of the highest means: one column a corpus, then the average."""
    columns = [[*line.entries, line.average] for line in table.lines]
    found = set()
    for column in range(len(table.corpora) + 1):
        values = {
            number: entry.estimate.value
            for number, line in enumerate(columns)
            if (entry := line[column]) is not None
        }
        highest = max(values.values(), default=0.0)
        found |= {(number, column) for number, value in values.items() if value == highest}
    return found
