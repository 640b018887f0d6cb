"""The table's numbers against those worked out by hand."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from acclimate.experiments.cells import Cell
from acclimate.experiments.findings import Experiment, find
from acclimate.experiments.grid import Axis, Collection, Grid, System
from acclimate.experiments.kept import CellResult, Value
from acclimate.experiments.markdown import markdown
from acclimate.experiments.page import figures, page, standalone
from acclimate.experiments.running import Outcome
from acclimate.settings import Recipe

SMALL, LARGE = Collection("small", "s"), Collection("large", "l")
ZERO, GPL, WORSE = System("zero-shot", search="student"), System("GPL"), System("worse")


def outcome(
    corpus: Collection, system: System, values: list[float], seed: int | None = 1, at: str = ""
) -> Outcome:
    """A cell whose main system got these values, query by query."""
    seed = None if system.search else seed
    role = "alone" if system.search else "after"
    rows = [Value(role, None, f"q{n:02}", "nDCG@10", value) for n, value in enumerate(values)]
    cell = Cell(corpus, system, Recipe(), "" if system.search else at, seed)
    return Outcome(cell, Path("cell"), CellResult(rows, None, "", ()))


def experiment(*outcomes: Outcome, grid: Grid | None = None) -> Experiment:
    chosen = grid or Grid(
        name="By hand",
        baseline="zero-shot",
        seeds=(1, 2),
        corpora=(SMALL, LARGE),
        systems=(ZERO, GPL, WORSE),
    )
    return find(chosen, Path("out"), outcomes)


@pytest.fixture
def found() -> Experiment:
    """Zero-shot gets .5 everywhere, GPL .6 and .8 by its two seeds, the worst one .2."""
    return experiment(
        outcome(SMALL, ZERO, [0.5] * 10),
        outcome(SMALL, GPL, [0.6] * 10, 1),
        outcome(SMALL, GPL, [0.8] * 10, 2),
        outcome(SMALL, WORSE, [0.4, 0.6] * 5, 1),
        outcome(SMALL, WORSE, [0.4, 0.6] * 5, 2),
        outcome(LARGE, ZERO, [0.5] * 20),
        outcome(LARGE, GPL, [0.5] * 20, 1),
        outcome(LARGE, GPL, [0.5] * 20, 2),
        outcome(LARGE, WORSE, [0.2] * 20, 1),
        outcome(LARGE, WORSE, [0.2] * 20, 2),
    )


def test_means_averages_and_ranks_are_those_worked_out_by_hand(found: Experiment) -> None:
    lines = {line.row.system: line for line in found.table.lines}
    values = {
        name: [entry.estimate.value for entry in (*line.entries, line.average) if entry]
        for name, line in lines.items()
    }
    assert values["zero-shot"] == pytest.approx([0.5, 0.5, 0.5])
    assert values["GPL"] == pytest.approx([0.7, 0.5, 0.6])
    assert values["worse"] == pytest.approx([0.5, 0.2, 0.35])
    # On the small corpus 2.5, 1, 2.5; on the large one 1.5, 1.5, 3.
    ranks = {name: line.rank for name, line in lines.items()}
    assert ranks == {"zero-shot": 2.0, "GPL": 1.25, "worse": 2.75}
    assert list(lines["GPL"].seeds) == pytest.approx([0.55, 0.65])
    assert list(lines["zero-shot"].seeds) == pytest.approx([0.5])


def test_every_corpus_counts_alike_in_the_difference_of_the_average(found: Experiment) -> None:
    gains = {
        (each.system, place): each.comparison.difference.value
        for place, each in found.table.differences
    }
    assert gains == pytest.approx(
        {("GPL", "small"): 0.2, ("GPL", "large"): 0.0, ("GPL", "average"): 0.1,
         ("worse", "small"): 0.0, ("worse", "large"): -0.3, ("worse", "average"): -0.15}
    )  # fmt: skip


def test_marks_follow_the_corrected_test(found: Experiment) -> None:
    p = {(each.system, place): each.comparison for place, each in found.table.differences}
    # All ten queries gain alike: of 2^10 sign patterns two are as far from nought.
    assert p["GPL", "small"].p == 2 / 2**10
    assert p["GPL", "large"].p == 1.0
    # Holm: the second smallest of the six is multiplied by 5, the third by 4, the fourth by 3.
    ordered = sorted(each.p for each in p.values())
    assert p["GPL", "small"].corrected_p == pytest.approx(
        max(each * (6 - rank) for rank, each in enumerate(ordered[: ordered.index(2 / 2**10) + 1]))
    )
    marks = {
        line.row.system: [entry.reading for entry in (*line.entries, line.average) if entry]
        for line in found.table.lines
    }
    assert marks == {
        "zero-shot": ["", "", ""], "GPL": ["better", "", "better"], "worse": ["", "worse", "worse"]
    }  # fmt: skip


def test_what_failed_on_a_corpus_has_neither_average_nor_rank() -> None:
    failed = Outcome(Cell(LARGE, GPL, Recipe(), seed=1), Path("cell"), None, "out of memory")
    found = experiment(
        outcome(SMALL, ZERO, [0.5] * 5), outcome(LARGE, ZERO, [0.5] * 5),
        outcome(SMALL, GPL, [0.6] * 5), failed,
    )  # fmt: skip
    zero, gpl = found.table.lines
    assert gpl.entries[0] is not None
    assert (gpl.entries[1], gpl.average, gpl.rank, list(gpl.seeds)) == (None, None, None, [])
    assert zero.rank == 1.0
    assert "* large, GPL, seed 1: out of memory" in markdown(found)
    assert "1 cell failed" in page(found)


def test_markdown_has_the_papers_form(found: Experiment) -> None:
    text = markdown(found).splitlines()
    assert "| System | small | large | Avg. | Rank | Seeds |" in text
    assert "| zero-shot | 50.0 | **50.0** | 50.0 | 2.0 | – |" in text
    assert "| GPL | **70.0 ▲** | **50.0** | **60.0 ▲** | 1.2 | 55.0 to 65.0 |" in text
    assert "| worse | 50.0 | 20.0 ▼ | 35.0 ▼ | 2.8 | 35.0 to 35.0 |" in text


AXIS = Grid(
    name="<b>Axis</b>",
    baseline="zero-shot",
    seeds=(1, 2),
    corpora=(SMALL, LARGE),
    systems=(ZERO, GPL),
    vary=Axis("generate.temperature", ("10", "0.1"), "temperature"),
)


@pytest.fixture
def varied() -> Experiment:
    return experiment(
        *(outcome(corpus, ZERO, [0.5, 0.3]) for corpus in (SMALL, LARGE)),
        *(
            outcome(corpus, GPL, [value + seed / 10] * 2, seed, at)
            for corpus in (SMALL, LARGE)
            for at, value in (("10", 0.2), ("0.1", 0.6))
            for seed in (1, 2)
        ),
        grid=AXIS,
    )


def test_curve_has_the_mean_over_seeds_with_the_lowest_and_highest(varied: Experiment) -> None:
    assert [figure.corpus for figure in varied.curves] == ["average", "small", "large"]
    [line] = varied.curves[0].lines
    points = [(point.x, point.low, point.value, point.high) for point in line.points]
    assert points[0] == pytest.approx((0.1, 0.7, 0.75, 0.8))
    assert points[1] == pytest.approx((10.0, 0.3, 0.35, 0.4))
    assert varied.curves[0].levels == pytest.approx({"zero-shot": 0.4})


def test_axis_has_a_column_for_each_value_in_the_order_of_the_file(varied: Experiment) -> None:
    assert varied.axis is not None
    rows = {name: list(values) for name, values in varied.axis.rows}
    assert list(varied.axis.heads) == ["10", "0.1"]
    assert rows["average: GPL"] == pytest.approx([0.35, 0.75])
    assert rows["small: zero-shot"] == pytest.approx([0.4, 0.4])


class Strict(HTMLParser):
    """Refuses tags that do not close in order, and keeps addresses and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.stack.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


def test_page_is_whole_safe_and_alone(varied: Experiment) -> None:
    text = page(varied)
    parsed = Strict()
    parsed.feed(text)
    assert parsed.stack == []
    assert len(parsed.ids) == len(set(parsed.ids))
    assert all(address.startswith("#") for address in parsed.addresses)
    assert "&lt;b&gt;Axis" in text
    assert text.count("<svg ") == 3


def test_figures_are_drawings_of_their_own(varied: Experiment) -> None:
    for figure in figures(varied):
        root = ElementTree.fromstring(standalone(figure))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "--ink" in standalone(figure)
