"""results.md: the experiment's tables as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from acclimate.experiments import shown
from acclimate.experiments.findings import Case, Experiment, Grouped
from acclimate.experiments.page import figure_files
from acclimate.experiments.table import Line, Table
from acclimate.report import words

#: Characters of a passage that are shown.
CUT = 300


def markdown(experiment: Experiment) -> str:
    """The whole text."""
    grid, table = experiment.grid, experiment.table
    parts = [f"# {grid.name}", grid.description, shown.unfinished(experiment)]
    parts += [_main(table), shown.told(grid)]
    parts += ["", f"## Differences from {grid.baseline}", _differences(table)]
    parts += ["## Every system", _grouped(experiment.systems), _AVERAGED]
    if experiment.axis and grid.vary:
        parts += [f"## By {grid.vary.words}", _grouped(experiment.axis)]
    for name, curves in zip(figure_files(experiment), experiment.curves, strict=True):
        parts.append(f"![{grid.measure} by {curves.axis}, {curves.corpus}](figures/{name})")
    if experiment.cases:
        parts += ["## Generated queries and their labels", *map(_case, experiment.cases)]
    if experiment.failed:
        parts += ["## Failed", "\n".join(_failures(experiment))]
    return "\n\n".join(part for part in parts if part) + "\n"


_AVERAGED = "Averaged over the corpora and seeds."


def _main(table: Table) -> str:
    best = shown.best(table)

    def cells(number: int, line: Line) -> Iterator[str]:
        entries = [*line.entries, *([line.average] if table.several else [])]
        for column, entry in enumerate(entries):
            text = shown.marked(entry)
            yield f"**{text}**" if (number, column) in best else text
        yield shown.rank(line.rank)
        yield shown.spread(line.seeds)

    rows = [[line.row.name, *cells(number, line)] for number, line in enumerate(table.lines)]
    return _table(["System", *shown.heads(table)], rows)


def _differences(table: Table) -> str:
    rows = [
        [
            each.system,
            each.baseline,
            place,
            shown.signed_points(each.comparison.difference.value),
            shown.signed_range(each.comparison.difference),
            words.chance(each.comparison.p),
            words.chance(each.comparison.corrected_p),
        ]
        for place, each in table.differences
    ]
    heads = ["System", "Against", "Corpus", "Difference", "95% interval", "p", "p corrected"]
    return _table(heads, rows, texts=3)


def _grouped(grouped: Grouped) -> str:
    rows = [[name, *map(shown.points, values)] for name, values in grouped.rows]
    return _table(["System", *grouped.heads], rows)


def _case(case: Case) -> str:
    rows = [[name, each.query, f"{each.positive.label:.2f}"] for name, each in case.queries]
    text = words.cut(case.passage.text, CUT)
    first = case.queries[0][1]
    items = [("Positive", first.positive, "1")]
    items += [(f"Negative {n}", each, "0") for n, each in enumerate(first.negatives, 1)]
    labels = [
        [item, words.cut(each.text, CUT), f"{each.label:.2f}", qgen] for item, each, qgen in items
    ]
    return "\n\n".join(
        [
            f"**{_safe(case.corpus)}, passage {_safe(case.passage.passage_id)}:** {_safe(text)}",
            _table(["System", "Query", "Pseudo label"], rows, texts=2),
            f"Query: {_safe(first.query)}",
            _table(["Item", "Text", "Label", "QGen's label"], labels, texts=2),
        ]
    )


def _failures(experiment: Experiment) -> list[str]:
    return [f"* {_safe(each.cell.name)}: {_safe(each.error)}" for each in experiment.failed]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """A table whose first columns are words; the others are numbers."""
    lines = [heads, ["---"] * texts + ["---:"] * (len(heads) - texts), *rows]
    return "\n".join(f"| {' | '.join(map(_safe, line))} |" for line in lines)


def _safe(text: str) -> str:
    """On one line, without what would end a cell or begin a tag."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
