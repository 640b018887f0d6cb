"""A recipe's settings and the models it named, as rows to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from acclimate.adapt.result import LABELS, NEGATIVES, QUERIES, Adaptation, ModelUse
from acclimate.models.prompts import Example
from acclimate.settings import Recipe

#: The parts of a recipe that make what can be imported.
_MADE_BY = {QUERIES: ("generate",), NEGATIVES: ("filter", "mine"), LABELS: ("label",)}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `part` is the stage it belongs to, empty for the recipe's own."""

    part: str
    name: str
    value: Any

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return _shown(self.value)


def settings(recipe: Recipe) -> list[Setting]:
    """Everything that decides what `adapt` does, in the order of the stages."""
    return list(_settings("", recipe))


def heeded(result: Adaptation) -> list[Setting]:
    """The settings of what was made; those of what was imported instead decided nothing."""
    idle = {part for each in result.imported for part in _MADE_BY[each]}
    if result.recipe.train.mine_again:
        idle.discard("mine")
    return [row for row in settings(result.recipe) if row.part not in idle]


def base_model(result: Adaptation) -> ModelUse:
    """The model that was adapted, as the run found it."""
    name = result.recipe.student.model
    named = [use for use in result.models if use.name == name]
    students = [use for use in result.models if use.role.startswith("student")]
    return next(iter(named + students), ModelUse("student", name, "", ""))


def _settings(part: str, record: Any) -> Iterator[Setting]:
    for field in fields(record):
        value = getattr(record, field.name)
        if is_dataclass(value):
            yield from _settings(field.name, value)
        else:
            yield Setting(part, field.name, value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Example):
        asked = "\n".join(f"{style}: {query}" for style, query in value.queries)
        return f"{value.passage}\n{asked}"
    if isinstance(value, tuple):
        between = "\n\n" if any(isinstance(each, Example) for each in value) else ", "
        return between.join(_shown(each) for each in value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
