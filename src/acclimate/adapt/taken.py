"""A step that a recipe trains its student in, and what one has made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from acclimate.adapt.pseudo import Pseudo
from acclimate.adapt.tools import Tools
from acclimate.settings import Recipe
from acclimate.train.course import Course
from acclimate.train.team import Team


@dataclass(frozen=True, slots=True)
class Taken:
    """What a step made: the folder of its model, and the course of its training."""

    step: str
    model: Path
    course: Course
    #: The data sets of the rounds after the first, where negatives were mined anew.
    again: Sequence[Pseudo] = ()


#: Tools, pseudo-labelled data, the model to start from (a name or a folder), and the processes.
Step = Callable[[Tools, Pseudo, str, Team], Taken]


def starting_at(start: str, recipe: Recipe) -> Recipe:
    """The recipe with another model as its student."""
    return replace(recipe, student=replace(recipe.student, model=start))
