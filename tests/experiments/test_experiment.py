"""An experiment from its file to its tables, killed, broken and taken up again."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet
import pytest
from small import BROKEN, GRID, SHORT, write_grid, write_parts

from acclimate import api
from acclimate.corpus import open_corpus
from acclimate.errors import RunFolderBusy
from acclimate.evaluate import measures
from acclimate.experiments.findings import Experiment, find
from acclimate.experiments.markdown import markdown
from acclimate.experiments.page import page
from acclimate.experiments.running import by_seed
from acclimate.formats.trec import read_run
from acclimate.runs import hold
from commands import acclimate
from dying import arm
from together import in_processes
from toys import Toys


@dataclass(frozen=True)
class Finished:
    """An experiment that ran to its end, with what it was made of."""

    file: Path
    out: Path
    parts: dict[str, str]
    result: Experiment


@pytest.fixture(scope="module")
def parts(toy: Toys, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write_parts(tmp_path_factory.mktemp("parts"), toy)


@pytest.fixture(scope="module")
def finished(parts: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("experiment")
    file = write_grid(folder / "grid.toml", GRID, parts)
    return Finished(file, folder / "out", parts, api.experiment(file, folder / "out"))


def contents(out: Path) -> dict[str, bytes]:
    """What an experiment keeps, byte for byte."""
    patterns = ("cells/**/*.*", "grid/**/*.*")
    paths = [path for pattern in patterns for path in out.glob(pattern) if path.is_file()]
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


def test_every_cell_is_measured_and_kept(finished: Finished) -> None:
    cells = {outcome.cell.name for outcome in finished.result.outcomes}
    trained = {
        f"{corpus}, {system}, seed {seed}"
        for corpus in ("one", "two")
        for system in ("GPL", "GPL, listwise")
        for seed in (1, 2)
    }
    plain = {f"{corpus}, {name}" for corpus in ("one", "two") for name in ("BM25", "zero-shot")}
    assert cells == trained | plain
    assert finished.result.failed == []
    assert len(list(finished.out.glob("cells/*/result.json"))) == 12


def test_first_seed_of_everything_comes_before_the_second_of_anything(finished: Finished) -> None:
    cells = [outcome.cell for outcome in finished.result.outcomes]
    seeds = [cells[place].seed for place in by_seed(cells)]
    assert seeds == [None] * 4 + [1] * 4 + [2] * 4


@pytest.mark.parametrize("done", range(12))
def test_tables_can_be_made_whatever_is_done(finished: Finished, done: int) -> None:
    result = finished.result
    only = [replace(each, result=None) for each in result.outcomes]
    only[done] = result.outcomes[done]
    found = find(result.grid, result.folder, only)
    assert len(found.waiting) == 11
    assert "11 of 12 cells are still to be done" in markdown(found)
    assert "11 of 12 cells are still to be done" in page(found)


def test_one_generation_serves_all_cells_of_a_corpus(finished: Finished) -> None:
    for corpus in ("one", "two"):
        stages = finished.out / "corpora" / corpus / "stages"
        for stage in ("generate", "filter", "mine", "label"):
            assert len(list(stages.glob(f"{stage}-*"))) == 1
        assert len(list(stages.glob("train-*"))) == 4


def test_runs_of_a_cell_measure_as_its_values_say(finished: Finished) -> None:
    judgments = open_corpus(finished.parts["two"]).judgments("dev")
    for outcome in finished.result.outcomes:
        if outcome.cell.collection.name == "two":
            assert outcome.result is not None
            runs = sorted((outcome.folder / "runs").iterdir())
            assert len(runs) == len({each.system for each in outcome.result.values})
            main = outcome.folder / "runs" / f"{outcome.result.main}.trec"
            values = measures.per_query(measures.parse("nDCG@10"), read_run(main), judgments)
            assert values["nDCG@10"] == outcome.result.queries(outcome.result.main, "nDCG@10")


def test_what_is_not_trained_agrees_with_what_adapt_measured_before(finished: Finished) -> None:
    found = {outcome.cell.name: outcome.result for outcome in finished.result.outcomes}
    start, gpl, bm25 = found["one, zero-shot"], found["one, GPL, seed 1"], found["one, BM25"]
    assert start is not None
    assert gpl is not None
    assert bm25 is not None
    for measure in ("nDCG@10", "RR@10"):
        assert start.queries("alone", measure) == gpl.queries("before", measure)
        assert start.queries("BM25 + alone", measure) == gpl.queries("BM25 + before", measure)
        assert bm25.queries("alone", measure) == gpl.queries("BM25", measure)


def test_parquet_has_every_value_with_the_settings_that_differ(finished: Finished) -> None:
    table = pyarrow.parquet.read_table(finished.result.folder / "results.parquet").to_pylist()
    values = [
        (outcome.cell.system.name, value.query_id, value.value)
        for outcome in finished.result.outcomes
        if outcome.result
        for value in outcome.result.values
    ]
    assert [(row["cell"], row["query_id"], row["value"]) for row in table] == values
    settings = {(row["cell"], row["train.objective"], row["train.negatives"]) for row in table}
    assert settings == {
        ("BM25", None, None), ("zero-shot", None, None), ("GPL", "margin-mse", "1"),
        ("GPL, listwise", "kl", "3"),
    }  # fmt: skip
    assert {row["corpus"]: row["experiment"] for row in table} == {"one": "Toys", "two": "Toys"}


def test_examples_show_the_same_passages_for_every_row(finished: Finished) -> None:
    cases = finished.result.cases
    assert [case.corpus for case in cases] == ["one", "one", "two", "two"]
    for case in cases:
        assert {name for name, _ in case.queries} == {"GPL", "GPL, listwise"}
        assert all(each.positive == case.passage for _, each in case.queries)
        assert 1 <= len(case.queries[0][1].negatives) <= 4


def test_second_run_does_nothing_and_ends_with_the_same_files(finished: Finished) -> None:
    before = contents(finished.out)
    times = {path: path.stat().st_mtime_ns for path in finished.out.glob("cells/**/*")}
    api.experiment(finished.file, finished.out)
    assert contents(finished.out) == before
    assert {path: path.stat().st_mtime_ns for path in finished.out.glob("cells/**/*")} == times


def test_cells_of_another_experiment_count_whatever_they_are_called_there(
    finished: Finished, tmp_path: Path
) -> None:
    renamed = GRID.replace('name = "GPL"', 'name = "the paper\'s"')
    other = write_grid(tmp_path / "other.toml", renamed, finished.parts)
    listed = acclimate("experiment", other, "--out", finished.out, "--dry-run", "--json")
    assert {cell["state"] for cell in listed.json["cells"]} == {"done"}
    assert sum("the paper's" in cell["cell"] for cell in listed.json["cells"]) == 4


def test_dry_run_lists_the_cells_and_writes_nothing(finished: Finished, tmp_path: Path) -> None:
    listed = acclimate("experiment", finished.file, "--out", finished.out, "--dry-run", "--json")
    assert {cell["state"] for cell in listed.json["cells"]} == {"done"}
    new = acclimate("experiment", finished.file, "--out", tmp_path / "new", "--dry-run")
    assert new.code == 0
    assert "0 of 12 cells are done" in new.out
    assert not (tmp_path / "new").exists()


def test_another_corpus_takes_the_place_of_the_files(finished: Finished, tmp_path: Path) -> None:
    command = ("experiment", finished.file, "--out", tmp_path / "out", "--dry-run", "--json")
    listed = acclimate(*command, "--corpus", finished.parts["one"]).json["cells"]
    assert [cell["corpus"] for cell in listed] == ["one"] * 6


def test_a_seed_takes_the_place_of_the_files(finished: Finished) -> None:
    command = ("experiment", finished.file, "--out", finished.out, "--dry-run", "--json")
    listed = acclimate(*command, "--seed", 1).json["cells"]
    assert {cell["seed"] for cell in listed} == {None, 1}
    assert {cell["state"] for cell in listed} == {"done"}
    refused = acclimate(*command, "--seed", 1, "--seed", 1)
    assert refused.code == 2
    assert "each of them once" in refused.err


def test_changed_corpus_measures_anew(finished: Finished, tmp_path: Path) -> None:
    parts = finished.parts | {"one": finished.parts["two"]}
    file = write_grid(tmp_path / "grid.toml", GRID, parts)
    states = {
        outcome.cell.name: outcome.result is not None
        for outcome in api.experiment_cells(file, finished.out)
    }
    assert states["two, GPL, seed 1"]
    assert not states["one, GPL, seed 1"]
    assert not states["one, BM25"]


def run(file: Path, out: Path, fatal: str = "", nth: int = 1) -> None:
    if fatal:
        arm(f"{out}/{fatal}", nth)
    api.experiment(file, out)


def test_killed_experiment_goes_on_and_ends_with_the_same_files(
    parts: dict[str, str], tmp_path: Path
) -> None:
    file = write_grid(tmp_path / "grid.toml", SHORT, parts)
    run(file, tmp_path / "whole")
    out = tmp_path / "out"
    assert in_processes(run, (file, out, "cells/one-GPL*")) == [-signal.SIGKILL]
    assert len(list(out.glob("cells/one*/result.json"))) == 1
    for name in ("results.md", "results.html"):
        assert "cells are still to be done" in (out / "grid" / name).read_text()
    run(file, out)
    for name in ("results.md", "results.html"):
        assert "cells are still to be done" not in (out / "grid" / name).read_text()
    assert contents(out) == contents(tmp_path / "whole")


def test_broken_cell_is_told_and_leaves_the_others(parts: dict[str, str], tmp_path: Path) -> None:
    file = write_grid(tmp_path / "grid.toml", BROKEN, parts)
    ran = acclimate("experiment", file, "--out", tmp_path / "out", "--json")
    assert ran.code == 1
    states = {cell["cell"]: cell["state"] for cell in ran.json["cells"]}
    assert states == {"one, zero-shot": "done", "one, broken": "failed"}
    assert ran.json["failed"] == 1
    [report] = (tmp_path / "out" / "cells").glob("one-broken-*.error.txt")
    assert "Traceback" in report.read_text()
    for name in ("results.md", "results.html"):
        text = (tmp_path / "out" / "grid" / name).read_text()
        assert "one, broken" in text
        assert "holds no model" in text
    assert "| broken | – |" in (tmp_path / "out" / "grid" / "results.md").read_text()


def test_two_experiments_do_not_share_a_folder(parts: dict[str, str], tmp_path: Path) -> None:
    file = write_grid(tmp_path / "grid.toml", SHORT, parts)
    (tmp_path / "out").mkdir()
    with (
        hold(tmp_path / "out", RunFolderBusy, "wait"),
        pytest.raises(RunFolderBusy, match="in use by process"),
    ):
        api.experiment(file, tmp_path / "out")


def test_looks_at_one_training_give_quality_over_steps(
    parts: dict[str, str], tmp_path: Path
) -> None:
    file = write_grid(tmp_path / "grid.toml", SHORT, parts, "checkpoints = true")
    found = api.experiment(file, tmp_path / "out")
    result = found.outcomes[1].result
    assert result is not None
    assert result.steps == [0, 2, 4]
    assert result.queries("after", "nDCG@10", 0) == result.queries("before", "nDCG@10")
    kept = result.queries("after", "nDCG@10", result.best_step)
    assert kept == result.queries("after", "nDCG@10")
    [figure] = found.curves
    [line] = figure.lines
    assert [point.x for point in line.points] == [0, 2, 4]
    assert line.points[0].value == pytest.approx(figure.levels["zero-shot"])
    assert (found.folder / "figures" / "one.svg").read_text().startswith("<svg xmlns=")


def test_axis_trains_at_every_value(parts: dict[str, str], tmp_path: Path) -> None:
    axis = '\nvary = {{key = "sample_passages", values = [10, 12], label = "passages"}}\n'
    file = write_grid(tmp_path / "grid.toml", SHORT + axis, parts)
    found = api.experiment(file, tmp_path / "out")
    assert [line.row.name for line in found.table.lines] == ["zero-shot", "GPL (10)", "GPL (12)"]
    assert found.axis is not None
    assert list(found.axis.heads) == ["10", "12"]
    name, values = found.axis.rows[1]
    assert name == "one: GPL"
    assert values == [line.entries[0].estimate.value for line in found.table.lines[1:]
                      if line.entries[0]]  # fmt: skip
    [figure] = found.curves
    assert (figure.axis, [point.x for point in figure.lines[0].points]) == ("passages", [10, 12])
    kept = json.loads((found.outcomes[1].folder / "result.json").read_text())
    assert kept["cell"] == "one, GPL (10), seed 1"
