"""An experiment's file: which systems are compared, on which corpora, with which seeds."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from acclimate.errors import InputError, UsageError
from acclimate.evaluate import measures as measuring
from acclimate.fields import with_table
from acclimate.formats.files import read_bytes
from acclimate.models.scorers import KINDS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Collection:
    """A corpus to adapt to and to measure on."""

    name: str = ""
    #: As `acclimate adapt` takes it.
    corpus: str = ""
    #: Queries and judgments over the same passages; the corpus's own where left out.
    judged: str = ""
    split: str = "test"


@dataclass(frozen=True, slots=True)
class Axis:
    """A setting that the systems are given in turn."""

    key: str = ""
    #: As in `key=value`.
    values: tuple[str, ...] = ()
    #: What figures call it; the key where left out.
    label: str = ""

    @property
    def words(self) -> str:
        """Its name for people."""
        return self.label or self.key


@dataclass(frozen=True, slots=True)
class System:
    """A row of the table: trained by a recipe, or searched with as it is."""

    name: str = ""
    #: The recipe that it is trained by; the file's where left out.
    recipe: str = ""
    #: `key=value` changes to the recipe, after those of the file.
    set: tuple[str, ...] = ()
    #: Not trained: "bm25", "student" (the recipe's start), a model, or several joined by "+".
    search: str = ""
    #: A re-ranker, KIND:NAME, that reads the best hits again.
    rerank: str = ""

    def varies(self, axis: Axis) -> bool:
        """Whether the axis touches it: what is not trained knows the student's settings only."""
        return not self.search or ("student" in self.parts and axis.key.startswith("student."))

    @property
    def parts(self) -> list[str]:
        """The names of what is searched with."""
        return [part.strip() for part in self.search.split("+") if part.strip()]


@dataclass(frozen=True, slots=True)
class Grid:
    """A whole experiment."""

    name: str = ""
    description: str = ""
    #: For every system that names none.
    recipe: str = ""
    #: `key=value` changes for every system.
    set: tuple[str, ...] = ()
    #: As ir_measures names them; the first is what the tables and tests are about.
    measures: str = "nDCG@10 R@100"
    #: The system that all others are tested against.
    baseline: str = ""
    #: Of every training (`train.seed` and the like); what is generated serves all of them.
    seeds: tuple[int, ...] = (42,)
    corpora: tuple[Collection, ...] = ()
    systems: tuple[System, ...] = ()
    vary: Axis | None = None
    #: Measure every look at each training too: quality over steps.
    checkpoints: bool = False
    #: Passages whose generated queries and labels are shown.
    examples: int = 0

    @property
    def measure(self) -> str:
        """The one that the tables are about, by ir_measures' own name for it."""
        return next(iter(measuring.parse(self.measures)))


def read_grid(path: Path, corpora: Sequence[str] = (), seeds: Sequence[int] = ()) -> Grid:
    """The experiment in a TOML file, on `corpora` and with `seeds` where some are given.

    Corpora are some of the file's, by its names for them, or others; seeds any.

    Raises InputError for what is no TOML, UsageError for what is no experiment.
    """
    try:
        table = tomllib.loads(read_bytes(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a TOML file ({error}); mend that place") from error
    place = str(path)
    collections = _records(table, "corpora", Collection(), place)
    systems = _records(table, "systems", System(), place)
    axis = _axis(table.pop("vary", None), place)
    grid = with_table(Grid(), table, place)
    if corpora:
        known = {name: each for each in collections for name in (each.name, each.corpus)}
        collections = tuple(known.get(name, Collection(Path(name).name, name)) for name in corpora)
    grid = replace(
        grid, corpora=collections, systems=systems, vary=axis, seeds=tuple(seeds) or grid.seeds
    )
    _check(grid, place)
    return grid


def _records(table: dict[str, Any], key: str, empty: T, place: str) -> tuple[T, ...]:
    """A list of tables as records, each told by its name where it is refused."""
    rows = table.pop(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise UsageError(f"{place}: {key} must be tables, each under [[{key}]]")
    return tuple(
        with_table(empty, row, f"{place}: {key} {row.get('name', number)!r}")
        for number, row in enumerate(rows, 1)
    )


def _axis(table: object, place: str) -> Axis | None:
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise UsageError(f"{place}: vary is {table!r}; it is a table with a key and values, [vary]")
    values = table.get("values")
    if not isinstance(values, list) or not values:
        raise UsageError(f"{place}: vary: values is {values!r}; list at least one, [1, 2, 3]")
    return with_table(Axis(), {**table, "values": [_text(each) for each in values]}, place, "vary.")


def _text(value: object) -> str:
    """A TOML value as `--set key=value` takes it."""
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check(grid: Grid, place: str) -> None:
    def refuse(key: str, value: object, remedy: str) -> None:
        raise UsageError(f"{place}: {key} is {value!r}; {remedy}")

    if not grid.name:
        refuse("name", grid.name, "say what the experiment is called")
    try:
        measuring.parse(grid.measures)
    except UsageError as error:
        raise UsageError(f"{place}: measures: {error}") from error
    _check_names(place, "corpora", [each.name for each in grid.corpora])
    _check_names(place, "systems", [each.name for each in grid.systems])
    for each in grid.corpora:
        if not each.corpus:
            refuse(f"corpora {each.name!r}: corpus", "", "name a collection, as adapt takes it")
    if not grid.seeds or len(set(grid.seeds)) < len(grid.seeds) or min(grid.seeds) < 0:
        refuse("seeds", list(grid.seeds), "give at least one whole number, each of them once")
    if grid.baseline not in (names := [each.name for each in grid.systems]):
        refuse("baseline", grid.baseline, f"choose one of the systems: {', '.join(names)}")
    if grid.examples < 0:
        refuse("examples", grid.examples, "it must be at least 0")
    _check_axis(grid, place)
    for system in grid.systems:
        _check_system(system, grid, f"{place}: systems {system.name!r}")


def _check_names(place: str, key: str, names: Sequence[str]) -> None:
    if not names or not all(names):
        raise UsageError(f"{place}: {key}: give at least one under [[{key}]], each with a name")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"{place}: {key}: two are called {twice[0]!r}; name them apart")


def _check_axis(grid: Grid, place: str) -> None:
    axis = grid.vary
    if axis is None:
        return
    if not axis.key:
        raise UsageError(f"{place}: vary: no key; name a setting, key = 'generate.temperature'")
    if len(set(axis.values)) < len(axis.values):
        raise UsageError(f"{place}: vary: a value is there twice among {list(axis.values)}")
    if grid.checkpoints:
        raise UsageError(f"{place}: vary and checkpoints are two axes; give each a file of its own")


def _check_system(system: System, grid: Grid, place: str) -> None:
    named = system.recipe or grid.recipe
    if not named and (not system.search or "student" in system.parts):
        raise UsageError(f"{place}: no recipe; name one there, or at the top for all systems")
    kind, _, model = system.rerank.partition(":")
    if system.rerank and not (kind in KINDS and model):
        known = ", ".join(f"{kind}:MODEL" for kind in KINDS)
        raise UsageError(f"{place}: rerank is {system.rerank!r}; choose from {known}")
