"""From an index folder's settings to the kinds of index that it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from acclimate.engine.expand import open_expander
from acclimate.engine.models import Models
from acclimate.engine.settings import IndexSettings
from acclimate.indexes.base import Kind
from acclimate.indexes.bm25 import LexicalKind
from acclimate.indexes.late import LateKind
from acclimate.indexes.lexical import LexicalSettings
from acclimate.indexes.sparse import SparseKind
from acclimate.indexes.vectors import DenseKind

LEXICAL, DENSE, SPARSE, LATE = "lexical", "dense", "sparse", "late"

#: How to make each kind. Making one loads its model, so it is put off until it is asked for.
Makers = Mapping[str, Callable[[], Kind]]


def makers(settings: IndexSettings, models: Models) -> Makers:
    """Every kind of the index by its name, in the order in which parts are written."""
    found: dict[str, Callable[[], Kind]] = {}
    if settings.lexical:
        found[LEXICAL] = partial(_lexical, settings, models)
    for name, model in dense_names(settings).items():
        found[name] = partial(_dense, settings, models, name, model)
    if settings.sparse:
        found[SPARSE] = lambda: SparseKind(models.sparse(settings.sparse))
    if settings.late:
        found[LATE] = lambda: LateKind(models.late(settings.late))
    return found


def settled(settings: IndexSettings, kinds: Sequence[Kind]) -> IndexSettings:
    """The settings with what was found out while the first passages were written."""
    found = [kind.threshold for kind in kinds if isinstance(kind, LexicalKind)]
    return replace(settings, expand_threshold=found[0]) if found else settings


def dense_names(settings: IndexSettings) -> dict[str, str]:
    """The names of the dense kinds, with their models: dense, dense-2, dense-3 ..."""
    return {
        DENSE if number == 1 else f"{DENSE}-{number}": model
        for number, model in enumerate(settings.models, 1)
    }


def _lexical(settings: IndexSettings, models: Models) -> Kind:
    expander = open_expander(settings, models) if settings.expand else None
    return LexicalKind(LexicalSettings(language=settings.language), expander)


def _dense(settings: IndexSettings, models: Models, name: str, model: str) -> Kind:
    return DenseKind(
        models.dense(model),
        name=name,
        store=settings.vectors,
        approximate=settings.approximate,
        exact_below=settings.exact_below,
    )
