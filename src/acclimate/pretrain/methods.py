"""Every way of pre-training by its name: a new one is its file and its line here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.condenser import Condenser
from acclimate.pretrain.crop import Crop
from acclimate.pretrain.ct import Ct
from acclimate.pretrain.ict import Ict
from acclimate.pretrain.method import Method
from acclimate.pretrain.mlm import Mlm
from acclimate.pretrain.modir import Modir
from acclimate.pretrain.simcse import Simcse
from acclimate.pretrain.tsdae import Tsdae
from acclimate.pretrain.udalm import Udalm
from acclimate.settings import Recipe


@dataclass(frozen=True, slots=True)
class Kind:
    """A method is made of the student and these tables of the recipe, which decide what it does."""

    method: type[Method]
    tables: Sequence[str] = ()

    def settings(self, recipe: Recipe) -> list[object]:
        """What the tables hold."""
        return [getattr(recipe, table) for table in self.tables]

    def make(self, student: DenseEncoder, recipe: Recipe) -> Method:
        """The method, whose new layers get the same random weights for the same seed."""
        torch.manual_seed(recipe.pretrain.seed)
        return self.method(student, *self.settings(recipe))


METHODS = {
    "tsdae": Kind(Tsdae, ["tsdae"]),
    "mlm": Kind(Mlm, ["mlm"]),
    "ict": Kind(Ict, ["ict"]),
    "simcse": Kind(Simcse, ["simcse"]),
    "ct": Kind(Ct),
    "crop": Kind(Crop),
    "condenser": Kind(Condenser, ["condenser"]),
    "udalm": Kind(Udalm, ["mlm", "source"]),
    "modir": Kind(Modir, ["modir", "source", "pretrain"]),
}


def needs_source(step: str) -> bool:
    """Whether a step of a recipe learns from labels of another collection."""
    return step == "supervised" or (step in METHODS and "source" in METHODS[step].tables)
