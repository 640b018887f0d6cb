"""A cell's folder: its values query by query, its runs and its examples, whole or not there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from acclimate.adapt.deliver import run_name
from acclimate.evaluate.evaluation import Evaluation
from acclimate.experiments.examples import Example
from acclimate.experiments.measuring import MAIN, Measured
from acclimate.formats.trec import write_run
from acclimate.train.saving import replace_folder

RESULT = "result.json"
VALUES = "values.jsonl"


@dataclass(frozen=True, slots=True)
class Value:
    """What a query got; `step` is given where it is a look at the training that was measured."""

    system: str
    step: int | None
    query_id: str
    measure: str
    value: float


@dataclass(frozen=True, slots=True)
class CellResult:
    """What a finished cell keeps. `best_step` is none where nothing was trained."""

    values: Sequence[Value]
    best_step: int | None
    verdict: str
    examples: Sequence[Example]

    @property
    def main(self) -> str:
        """The role of the system that the tables are about."""
        roles = {each.system for each in self.values}
        return next(role for role in MAIN if role in roles)

    def queries(self, role: str, measure: str, step: int | None = None) -> dict[str, float]:
        """Query id → value of one of the systems, in order of the ids."""
        return {
            each.query_id: each.value
            for each in self.values
            if (each.system, each.measure, each.step) == (role, measure, step)
        }

    @property
    def steps(self) -> list[int]:
        """The looks at the training that were measured."""
        return sorted({each.step for each in self.values if each.step is not None})


def keep(measured: Measured, folder: Path, name: str) -> None:
    """Write a cell's folder; it appears whole or not at all."""
    aside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    for evaluation in measured.evaluations:
        file = run_name(evaluation.system)
        write_run(aside / "runs" / f"{file}.trec", evaluation.hits, file)
    with (aside / VALUES).open("w", encoding="utf-8", newline="\n") as handle:
        for value in _values(measured):
            handle.write(json.dumps(asdict(value), ensure_ascii=False) + "\n")
    noted = {
        "cell": name,
        "measures": {
            each.system: {key: mean.value for key, mean in each.measures.items()}
            for each in measured.evaluations
        },
        "best_step": measured.best_step,
        "verdict": measured.verdict,
        "examples": [asdict(example) for example in measured.examples],
    }
    text = json.dumps(noted, ensure_ascii=False, indent=1)
    (aside / RESULT).write_text(text + "\n", encoding="utf-8")
    replace_folder(aside, folder)


def finished_cells(folder: Path) -> dict[str, Path]:
    """The folders of all cells that are done, by their keys; names differ between experiments."""
    done = sorted(path.parent for path in folder.glob(f"*/{RESULT}"))
    return {path.name.rpartition("-")[2]: path for path in done if not path.name.startswith(".")}


def read_kept(folder: Path) -> CellResult | None:
    """What a cell's folder holds; none where the cell was not finished."""
    if not (folder / RESULT).exists():
        return None
    noted = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    with (folder / VALUES).open(encoding="utf-8", newline="\n") as handle:
        values = [Value(**json.loads(line)) for line in handle]
    examples = [Example.from_json(each) for each in noted["examples"]]
    return CellResult(values, noted["best_step"], noted["verdict"], examples)


def _values(measured: Measured) -> Iterator[Value]:
    for evaluation in measured.evaluations:
        yield from _of(evaluation, None)
    for step, evaluation in measured.looks:
        yield from _of(evaluation, step)


def _of(evaluation: Evaluation, step: int | None) -> Iterator[Value]:
    for measure, values in evaluation.per_query.items():
        for query_id, value in values.items():
            yield Value(evaluation.system, step, query_id, measure, value)
