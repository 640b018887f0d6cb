"""`acclimate recipes`: the recipes that can be named, or one of them in full."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from acclimate.cli import show
from acclimate.cli.options import Changes, Json
from acclimate.recipes import apply_overrides, describe, list_recipes, load_recipe


def recipes(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME | FILE.toml]", help="Show every setting of this recipe."),
    ] = None,
    changes: Changes = None,
    json: Json = False,
) -> None:
    """List the recipes, or show every setting of one.

    * `acclimate recipes`
    * `acclimate recipes offline --set train.max_steps=200`

    A recipe of your own is a TOML file that says `base = "offline"` and what it changes.
    """
    if name is None:
        _show_all(json)
        return
    recipe = apply_overrides(load_recipe(name), changes or ())
    settings = describe(recipe)
    if json:
        show.as_json({"name": recipe.name, "settings": {each.key: each.value for each in settings}})
        return
    rows = [(each.key, _shown(each.value), "" if each.default else "*") for each in settings]
    show.table(("setting", "value", "set here"), rows)


def _show_all(json: bool) -> None:
    known = list_recipes()
    if json:
        show.as_json({"recipes": [show.record(each) for each in known]})
        return
    show.table(("name", "what it is", "location"), [
        (each.name, each.description, each.location) for each in known
    ])  # fmt: skip


def _shown(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 200 else f"{text[:200]} …"
