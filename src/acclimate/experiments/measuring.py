"""One cell's work: adapt or search, and measure by people's judgments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from acclimate.adapt.gpl import adapt
from acclimate.adapt.result import Adaptation
from acclimate.adapt.store import store_passages
from acclimate.adapt.tools import Tools
from acclimate.errors import InputError
from acclimate.evaluate.evaluation import Evaluation, evaluate
from acclimate.experiments.cells import Cell
from acclimate.experiments.collections import Opened
from acclimate.experiments.examples import Example, draw_examples
from acclimate.indexes.base import Retriever
from acclimate.models.remembered import RememberedQueries
from acclimate.progress import Progress
from acclimate.runs import Run
from acclimate.search.drop import DropSameId
from acclimate.search.fuse import Fused
from acclimate.search.rerank import Reranked
from acclimate.search.rerankers import open_reranker
from acclimate.search.run import RunRetriever

#: What is not trained, searched with as it is; beside adapt's "before", "after" and so on.
ALONE = "alone"
FUSED = f"BM25 + {ALONE}"
RERANKED = "re-ranked"
#: The systems that the tables are about: the first of these that a cell has.
MAIN = (RERANKED, "after", ALONE)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a cell found out. The evaluations are of its systems, each under its role."""

    evaluations: Sequence[Evaluation]
    #: By training step, where the looks at the training are measured.
    looks: Sequence[tuple[int, Evaluation]] = ()
    #: The step whose weights were kept; none where nothing was trained.
    best_step: int | None = None
    verdict: str = ""
    examples: Sequence[Example] = field(default_factory=list)


def measure(cell: Cell, opened: Opened, run_folder: Path, progress: Progress) -> Measured:
    """Do a cell's work in the run folder that it shares with the other cells of its corpus."""
    if cell.system.search:
        found = _searched(cell, opened, run_folder, progress)
    else:
        found = _trained(cell, opened, run_folder, progress)
    return _reranked(found, cell, opened, run_folder, progress) if cell.system.rerank else found


def _trained(cell: Cell, opened: Opened, run_folder: Path, progress: Progress) -> Measured:
    result = adapt(opened.corpus, run_folder, cell.recipe, opened.judged, progress)
    if result.judged is None:
        raise InputError(f"{opened.name}: nothing was measured by its judgments")
    # Without labels there is nothing to show; what lies there would be another cell's.
    wanted = cell.examples if result.samples else 0
    return Measured(
        result.judged.systems,
        _looks(result, cell, opened, progress),
        result.training.best_step,
        result.verdict,
        draw_examples(run_folder, wanted) if wanted else (),
    )


def _looks(
    result: Adaptation, cell: Cell, opened: Opened, progress: Progress
) -> list[tuple[int, Evaluation]]:
    if not result.checkpoints:
        return []
    looks = []
    with _tools(cell, opened, result.folder, progress) as tools:
        for folder in result.checkpoints:
            encoder = tools.student_at(str(folder))
            found = _evaluate(tools.index(RememberedQueries(encoder)), "after", cell, opened)
            looks.append((int(folder.name.rpartition("-")[2]), found))
    return looks


def _searched(cell: Cell, opened: Opened, run_folder: Path, progress: Progress) -> Measured:
    names = cell.system.parts
    with _tools(cell, opened, run_folder, progress) as tools:
        parts = [tools.retriever(name) for name in names]
        alone: Retriever = Fused(parts) if len(parts) > 1 else parts[0]
        evaluations = [_evaluate(alone, ALONE, cell, opened)]
        if "bm25" not in names:
            evaluations.append(_evaluate(Fused([tools.lexical, alone]), FUSED, cell, opened))
    return Measured(evaluations)


def _reranked(
    found: Measured, cell: Cell, opened: Opened, run_folder: Path, progress: Progress
) -> Measured:
    """The same with the main system's hits read again, down to the depth of the measurement."""
    first = main(found.evaluations)
    label = cell.recipe.label
    scorer = open_reranker(
        cell.system.rerank, max_tokens=label.max_passage_tokens, batch_size=label.batch_size
    )
    with _tools(cell, opened, run_folder, progress) as tools:
        hits = RunRetriever(first.system, first.hits)
        reader = Reranked(hits, scorer, tools.passages.get, cell.recipe.measure.depth)
        again = _evaluate(reader, RERANKED, cell, opened)
    return replace(found, evaluations=[*found.evaluations, again])


def main(evaluations: Sequence[Evaluation]) -> Evaluation:
    """The system that the tables are about."""
    by_role = {each.system: each for each in evaluations}
    return next(by_role[role] for role in MAIN if role in by_role)


@contextmanager
def _tools(cell: Cell, opened: Opened, run_folder: Path, progress: Progress) -> Iterator[Tools]:
    """The shared parts over the whole corpus, with vectors kept in the run folder."""
    with Run(run_folder, progress) as run:
        yield Tools(run, store_passages(opened.corpus, run), cell.recipe)


def _evaluate(retriever: Retriever, role: str, cell: Cell, opened: Opened) -> Evaluation:
    settings, judged = cell.recipe.measure, opened.judged
    asked: Retriever = DropSameId(retriever) if judged.drop_same_id else retriever
    found = evaluate(
        asked,
        judged.queries(opened.split),
        judged.judgments(opened.split),
        settings.measures,
        settings.depth,
        opened.name,
    )
    return replace(found, system=role)
