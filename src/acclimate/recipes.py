"""Recipes by name or TOML file, and the single changes that `--set` makes to them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

from acclimate.corpus import CorpusSettings
from acclimate.errors import InputError, UsageError
from acclimate.fields import flat, with_table, with_text
from acclimate.formats.files import read_bytes
from acclimate.models.languages import AUTO
from acclimate.models.scorers import teacher_model
from acclimate.settings import LabelSettings, MeasureSettings, Recipe, TrainSettings

CORPUS_PREFIX = "corpus."

_CHOICES = {
    "generate.languages": ("", AUTO, "check"),
    "student.kind": ("dense", "sparse", "late", "cross-encoder"),
    "student.similarity": ("auto", "dot", "cosine"),
    "student.dtype": ("auto", "float32", "bfloat16"),
    "train.freeze": ("", "text", "pictures", "bodies"),
    "train.objective": ("margin-mse", "kl", "mnrl", "clip"),
}
_SHARES = (
    "generate.top_p",
    "mine.positive_aware",
    "train.flops_warmup",
    "tsdae.deleted",
    "mlm.masked",
    "ict.removed",
    "simcse.dropout",
    "condenser.masked",
)
#: Shares of which nothing and everything make no sense: the queries that are held out choose the
#: weights, and the others are learned from.
_BETWEEN = ("train.held_out",)
_AT_LEAST_ONE = (
    "generate.top_k",
    "generate.max_passage_tokens",
    "generate.max_query_tokens",
    "generate.batch_size",
    "filter.top_k",
    "mine.negatives",
    "label.negatives",
    "label.batch_size",
    "train.per_device_train_batch_size",
    "train.max_steps",
    "train.micro_batch_size",
    "train.save_steps",
    "pretrain.max_steps",
    "pretrain.save_steps",
    "condenser.layers",
    "modir.halved_every",
    "modir.queue",
    "measure.depth",
)


@dataclass(frozen=True, slots=True)
class RecipeInfo:
    """A recipe that can be named."""

    name: str
    description: str
    location: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of a recipe by its dotted key, and whether it is the default."""

    key: str
    value: Any
    default: bool


@dataclass(frozen=True, slots=True)
class Overrides:
    """What `--set` says, parted into how the corpus is read and what the recipe does."""

    corpus: CorpusSettings
    recipe: tuple[str, ...]


def load_recipe(name: str | Path) -> Recipe:
    """A packaged recipe by its name, or the one in a TOML file.

    A file may start from another recipe, packaged or a file beside it: `base = "offline"`.
    """
    return _load(_locate(str(name), Path()), ())


def list_recipes() -> list[RecipeInfo]:
    """The packaged recipes."""
    return [RecipeInfo(path.stem, load_recipe(path).description, str(path)) for path in _packaged()]


def apply_overrides(recipe: Recipe, overrides: Iterable[str]) -> Recipe:
    """The recipe with `key=value` changes such as `train.max_steps=200`, in their order."""
    made = {}
    for override in overrides:
        key, text = _parted(override)
        recipe = with_text(recipe, key, text, f"--set {override}")
        made[key] = f"--set {override}"
    try:
        _check(recipe)
    except UsageError as error:
        place = _at_fault(made, str(error)) or f"recipe {recipe.name}"
        raise UsageError(f"{place}: {error}") from error
    return recipe


def _at_fault(made: Mapping[str, str], error: str) -> str:
    """Of the changes made to keys the one whose key the error names first; else all of them."""
    named = [word.rstrip(".") for word in re.findall(r"[\w.]+", error)]
    return next((made[word] for word in named if word in made), " ".join(made.values()))


def split_overrides(overrides: Iterable[str]) -> Overrides:
    """Part `corpus.text_field=body`, which says how to read, from what changes the recipe."""
    corpus, others = CorpusSettings(), []
    for override in overrides:
        key, text = _parted(override)
        if key.startswith(CORPUS_PREFIX):
            name = key.removeprefix(CORPUS_PREFIX)
            corpus = with_text(corpus, name, text, f"--set {override}", CORPUS_PREFIX)
        else:
            others.append(override)
    return Overrides(corpus, tuple(others))


def describe(recipe: Recipe) -> list[Setting]:
    """Every setting of a recipe, for people to read."""
    defaults = dict(flat(Recipe()))
    return [Setting(key, value, value == defaults[key]) for key, value in flat(recipe)]


def _load(path: Path, above: tuple[Path, ...]) -> Recipe:
    if path in above:
        chain = " → ".join(str(each) for each in (*above, path))
        raise InputError(f"{path}: its base leads back to itself ({chain}); end the chain")
    try:
        table = tomllib.loads(read_bytes(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a TOML file ({error}); mend that place") from error
    recipe = Recipe()
    base = table.pop("base", None)
    if base is not None:
        if not isinstance(base, str):
            raise InputError(f"{path}: base is {base!r}; it must be a recipe's name or file")
        recipe = _load(_locate(base, path.parent), (*above, path))
    recipe = replace(recipe, name=path.stem, description="")
    recipe = with_table(recipe, table, str(path))
    try:
        _check(recipe)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    return recipe


def _locate(name: str, folder: Path) -> Path:
    for path in _packaged():
        if path.stem == name:
            return path
    path = folder / Path(name).expanduser()
    if path.suffix == ".toml" or path.is_file():
        return path
    known = [each.stem for each in _packaged()]
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise UsageError(
        f"no recipe {name!r}; {hint}choose from {', '.join(known)}, or name a .toml file"
    )


def _packaged() -> list[Path]:
    folder = Path(str(resources.files("acclimate"))) / "data" / "recipes"
    return sorted(folder.glob("*.toml"))


def _parted(override: str) -> Sequence[str]:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise UsageError(
            f"--set {override}: it must be key=value, such as --set train.max_steps=200"
        )
    return key.strip(), text


def _check(recipe: Recipe) -> None:
    """Refuse at the start what would only fail hours later."""
    for key, value in flat(recipe):
        rule = key.replace("supervised.", "train.")  # the same settings, for another step
        if rule in _CHOICES and value not in _CHOICES[rule]:
            known = ", ".join(filter(None, _CHOICES[rule]))
            empty = ", or leave it empty" if "" in _CHOICES[rule] else ""
            raise UsageError(f"{key} is {value!r}; choose from {known}{empty}")
        if rule in _BETWEEN and not 0 < value < 1:
            raise UsageError(
                f"{key} is {value}; it is a share of the queries, above 0 and below 1: those held "
                "out choose the weights, and the others are learned from"
            )
        if isinstance(value, (int, float)) and value < (1 if rule in _AT_LEAST_ONE else 0):
            least = 1 if rule in _AT_LEAST_ONE else 0
            raise UsageError(f"{key} is {value}; it must be at least {least}")
        if rule in _SHARES and value > 1:
            raise UsageError(f"{key} is {value}; it is a share, at most 1")
    _check_negatives(recipe.train)
    _check_options(recipe)
    _check_measures(recipe.measure)
    if recipe.pretrain.per_device_train_batch_size < 2:
        raise UsageError(
            "pretrain.per_device_train_batch_size must be at least 2: most ways of pre-training "
            "compare a text with the others of its batch"
        )
    if recipe.generate.query_languages and recipe.generate.languages != AUTO:
        raise UsageError(
            "generate.query_languages needs to know the passages' languages; set "
            f"generate.languages={AUTO} too"
        )
    if recipe.filter.enabled and not recipe.filter.retrievers:
        raise UsageError(
            "filter.retrievers is empty, so that no query would be kept; name one, such as bm25, "
            "or set filter.enabled=false"
        )
    _check_teachers(recipe.label)


def _check_teachers(label: LabelSettings) -> None:
    teachers, weights = label.teachers, label.weights
    if not teachers:
        raise UsageError("label.teachers is empty; name one, such as bm25")
    for name in teachers:
        teacher_model(name)
    if weights and len(weights) != len(teachers):
        raise UsageError(
            f"label.weights has {len(weights)} numbers and label.teachers {len(teachers)} names; "
            "give a weight for each teacher, or none"
        )


def _check_negatives(train: TrainSettings) -> None:
    if train.negatives == 0 and train.objective not in ("mnrl", "clip"):
        raise UsageError(
            "train.negatives is 0; only the objective mnrl has other negatives, those of its "
            f"batch, and train.objective is {train.objective}, so set at least 1"
        )
    if train.negatives == 0 and train.per_device_train_batch_size == 1:
        raise UsageError(
            "train.negatives is 0 and train.per_device_train_batch_size 1, which leaves nothing "
            "to compare a query with; raise one of them"
        )


def _check_measures(measure: MeasureSettings) -> None:
    from acclimate.evaluate.measures import cutoff, parse

    try:
        parsed = parse(measure.measures)
    except UsageError as error:
        raise UsageError(f"measure.measures: {error}") from error
    for name, each in parsed.items():
        if cutoff(each, 0) > measure.depth:
            raise UsageError(
                f"measure.measures has {name}, which looks deeper than measure.depth, "
                f"{measure.depth}; set measure.depth={cutoff(each, 0)}"
            )


def _check_options(recipe: Recipe) -> None:
    train = recipe.train
    for table, shares in (("train", train.merge), ("supervised", recipe.supervised.merge)):
        for share in shares:
            if not 0 < share <= 1:
                raise UsageError(
                    f"{table}.merge has {share}; each is a share of the adapted weights, above 0 "
                    "and at most 1"
                )
    if recipe.supervised.mine_again:
        raise UsageError(
            f"supervised.mine_again is {recipe.supervised.mine_again}, and new negatives have no "
            "labels there; set it to 0"
        )
    if train.query_only and recipe.student.kind != "dense":
        raise UsageError(
            "train.query_only is for dense students, and student.kind is "
            f"{recipe.student.kind}; set one of them otherwise"
        )
    if train.mine_again >= train.max_steps:
        raise UsageError(
            f"train.mine_again is {train.mine_again} and train.max_steps {train.max_steps}; each "
            "round needs a step at least"
        )
    if train.mine_again and "student" not in recipe.mine.retrievers and not train.topic_passages:
        raise UsageError(
            f"train.mine_again is {train.mine_again}, but the student mines nothing that could "
            "change; add student to mine.retrievers, or set it to 0"
        )
