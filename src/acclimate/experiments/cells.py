"""The cells of an experiment: each one system on one corpus, with one seed and one setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from acclimate.adapt.steps import check_steps
from acclimate.errors import UsageError
from acclimate.experiments.collections import Opened
from acclimate.experiments.grid import Collection, Grid, System
from acclimate.models.resolve import resolve
from acclimate.pretrain.methods import needs_source
from acclimate.recipes import apply_overrides, load_recipe
from acclimate.runs import key_of
from acclimate.settings import Recipe

#: The parts of a recipe that train, each with a seed of its own.
TRAININGS = ("train", "pretrain", "supervised")


@dataclass(frozen=True, slots=True)
class Row:
    """What a line of the tables is about: a system, at a value of the axis if it is trained."""

    system: str
    at: str = ""

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.system} ({self.at})" if self.at else self.system


@dataclass(frozen=True, slots=True)
class Cell:
    """One system on one corpus. What is not trained has no seed and no value of the axis."""

    collection: Collection
    system: System
    recipe: Recipe
    at: str = ""
    seed: int | None = None
    examples: int = 0
    #: A hash over the labels of another collection, where a step learns from such.
    source: str = ""

    @property
    def needs_source(self) -> bool:
        """Whether a step learns from labels of another collection."""
        return not self.system.search and any(map(needs_source, self.recipe.steps))

    @property
    def row(self) -> Row:
        """The line of the tables that it counts for."""
        return Row(self.system.name, self.at)

    @property
    def name(self) -> str:
        """For people."""
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"{self.collection.name}, {self.row.name}{seed}"

    def folder_name(self, opened: Opened) -> str:
        """Its name and a hash of all that decides its result."""
        readable = re.sub(r"[^\w.+-]+", "-", self.name).strip("-.")[:80]
        return f"{readable}-{self.key(opened)}"

    def key(self, opened: Opened) -> str:
        """A hash of all that decides its result, whatever it is called."""
        return self._whole_key(opened)[:12]

    def _whole_key(self, opened: Opened) -> str:
        recipe = replace(self.recipe, name="", description="")
        if self.system.search:
            decisive = (recipe.student, recipe.language, recipe.measure)
            models = _identities([self.system.search, self.system.rerank, recipe.student.model])
            asked = (self.system.search, self.system.rerank, recipe.label.max_passage_tokens)
            return key_of("search", opened.digest, asked, models, *decisive)
        models = _identities([self.system.rerank, *_models(recipe)])
        sources = [self.source] if self.source else []
        decides = (recipe, self.system.rerank, self.examples, models)
        return key_of("cell", opened.digest, *decides, *sources)


def cells_of(grid: Grid, place: str) -> list[Cell]:
    """Every cell, corpus by corpus, its recipe made and checked; `place` is the file.

    Raises UsageError for a recipe or setting that is not there.
    """
    return [
        cell
        for collection in grid.corpora
        for system in grid.systems
        for cell in _cells(grid, collection, system, f"{place}: systems {system.name!r}")
    ]


def _cells(grid: Grid, collection: Collection, system: System, place: str) -> Iterator[Cell]:
    measured = [f"measure.measures={grid.measures}", f"measure.split={collection.split}"]
    changes = [*grid.set, *system.set, *measured]
    name = system.recipe or grid.recipe
    kept = ["train.keep_checkpoints=true"] if grid.checkpoints else []
    axis = grid.vary if grid.vary and system.varies(grid.vary) else None
    for at in axis.values if axis else ("",):
        varied = [*changes, *([f"{axis.key}={at}"] if axis else [])]
        if system.search:
            yield Cell(collection, system, _recipe(name, varied, place), at)
            continue
        for seed in grid.seeds:
            seeded = [f"{part}.seed={seed}" for part in TRAININGS]
            recipe = _recipe(name, [*varied, *seeded, *kept], place)
            _check_steps(recipe, place)
            yield Cell(collection, system, recipe, at, seed, grid.examples)


def _recipe(name: str, changes: list[str], place: str) -> Recipe:
    try:
        return apply_overrides(load_recipe(name) if name else Recipe(), changes)
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from error


def _check_steps(recipe: Recipe, place: str) -> None:
    try:
        check_steps(recipe)
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from error


def _models(recipe: Recipe) -> list[str]:
    retrievers = (*recipe.filter.retrievers, *recipe.mine.retrievers)
    return [recipe.student.model, recipe.generate.model, *retrievers, *recipe.label.teachers]


def _identities(names: list[str]) -> list[str]:
    """Hashes of the models that lie in folders: another may come to lie there."""
    models = {part.rpartition(":")[2] for name in names for part in (name, *name.split("+"))}
    return [resolve(each).identity for each in sorted(models) if each and _is_model(Path(each))]


def _is_model(folder: Path) -> bool:
    folder = folder.expanduser()
    return (folder / "config.json").exists() or (folder / "modules.json").exists()
