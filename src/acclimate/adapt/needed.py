"""The models that a run needs: looked for before the first stage, and told when it is done."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from acclimate.adapt.result import LABELS, NEGATIVES, QUERIES, ModelUse
from acclimate.adapt.sources import label_source
from acclimate.errors import UsageError
from acclimate.extras import need
from acclimate.models import muse, neutral
from acclimate.models.resolve import resolve
from acclimate.models.scorers import teacher_model
from acclimate.pretrain.methods import needs_source
from acclimate.settings import Recipe


@dataclass(frozen=True, slots=True)
class Need:
    """A model by the setting that names it, and what the run does with it."""

    setting: str
    role: str
    model: str


def needs(recipe: Recipe, imported: Collection[str]) -> list[Need]:
    """Every model that the stages open, without those whose work was imported."""
    needed = [Need("student.model", "student", recipe.student.model)]
    if QUERIES not in imported and not recipe.generate.only_own_sentences:
        needed.append(Need("generate.model", "query generator", recipe.generate.model))
    if NEGATIVES not in imported and recipe.filter.enabled:
        needed += [Need("filter.retrievers", "query filter", n) for n in recipe.filter.retrievers]
    if NEGATIVES not in imported or recipe.train.mine_again:
        needed += [Need("mine.retrievers", "negative miner", n) for n in recipe.mine.retrievers]
    # Whoever labelled, it is the recipe's teachers that judge without labels in the end.
    role = "judge of held-out queries" if LABELS in imported else "teacher"
    return needed + [
        Need("label.teachers", role, teacher_model(name)) for name in recipe.label.teachers
    ]


def check_needs(recipe: Recipe, imported: Collection[str]) -> None:
    """Refuse at the start what would only fail hours later; a hub's models are fetched for it.

    Raises ModelNotFound, MissingExtra or UsageError, with the setting.
    """
    mined = recipe.mine.retrievers or recipe.train.topic_passages or NEGATIVES in imported
    if not mined:
        raise UsageError(
            "mine.retrievers is empty, so that no query would get a negative; name student, bm25 "
            "or an encoder"
        )
    for needed in needs(recipe, imported):
        with _blaming(needed.setting):
            uses([(needed.role, needed.model)])
    if any(map(needs_source, recipe.steps)):
        with _blaming("source.corpus"):
            label_source(recipe.source.corpus, recipe.source.split)


@contextmanager
def _blaming(setting: str) -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        raise type(error)(f"{setting}: {error}") from error


def models_used(recipe: Recipe, imported: Collection[str]) -> list[ModelUse]:
    """Every model that the run worked with, with its role and its licence."""
    return uses((needed.role, needed.model) for needed in needs(recipe, imported))


def uses(roles: Iterable[tuple[str, str]]) -> list[ModelUse]:
    """The models of those roles and names; "bm25" and "student" name none, nor does ""."""
    return [_use(role, name) for role, name in roles if name not in ("", "bm25", "student")]


def _use(role: str, name: str) -> ModelUse:
    """Where a model is, by the names that `open_encoder` knows too."""
    if name == muse.NAME:
        need(muse.MODULE, muse.EXTRA)
        return ModelUse(role, name, f"PyPI package {muse.PACKAGE}", muse.LICENCE)
    if neutral.is_neutral(Path(name).expanduser()):
        return ModelUse(role, name, "local folder", "not declared")
    model = resolve(name)
    return ModelUse(role, model.name, model.source, model.licence)
