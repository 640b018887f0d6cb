"""`acclimate corpora`: the collections that can be named."""

from __future__ import annotations

from acclimate.cli import show
from acclimate.cli.options import Json
from acclimate.corpus import DATA_VARIABLE, list_corpora


def corpora(json: Json = False) -> None:
    """List the collections that can be opened by name.

    Besides these: any path to a BEIR folder, a table or a folder of documents, and the ids of
    ir_datasets such as `beir/fiqa/test`.
    """
    known = list_corpora()
    if json:
        show.as_json({"corpora": [show.record(each) for each in known]})
        return
    show.table(
        ("name", "kind", "location"), [(each.name, each.kind, each.location) for each in known]
    )
    show.line(f"Also: a path, an ir_datasets id, and BEIR folders below ${DATA_VARIABLE}.")
