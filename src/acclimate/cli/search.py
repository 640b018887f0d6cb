"""`acclimate search`: the best passages for a query."""

from __future__ import annotations

from typing import Annotated

import typer

from acclimate import api
from acclimate.cli import show
from acclimate.cli.options import Changes, CorpusName, Debug, Json, Language, SystemName
from acclimate.corpus import open_corpus
from acclimate.errors import UsageError
from acclimate.progress import Bars
from acclimate.recipes import split_overrides
from acclimate.types import Passage

SNIPPET = 240


def search(
    system: SystemName,
    corpus: CorpusName,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="What to look for.", show_default=False)
    ],
    k: Annotated[int, typer.Option("-k", help="How many passages to show.")] = 10,
    language: Language = "en",
    changes: Changes = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the best passages for a query.

    * `acclimate search bm25 python-stdlib "how do I pair up two lists"`
    * `acclimate search run/model my-documents/ "refund after 30 days" -k 3 --json`
    * `acclimate search bm25+all-MiniLM-L6-v2 table.csv "soft drinks" --set corpus.text_field=body`
    """
    parts = split_overrides(changes or ())
    if parts.recipe:
        raise UsageError(f"--set {parts.recipe[0]}: search knows corpus settings (corpus.*) only")
    collection = open_corpus(corpus, parts.corpus)
    found = api.search(system, collection, query, k, language, Bars())
    show.skipped(collection.report)
    if json:
        hits = [{"rank": hit.rank, "score": hit.score, **show.record(hit.passage)} for hit in found]
        show.as_json({"system": system, "corpus": corpus, "query": query, "hits": hits})
        return
    if not found:
        show.line("nothing found")
        return
    show.table(
        ("", "passage", "text", "score"),
        [(f"{hit.rank}", _name(hit.passage), _snippet(hit.passage), f"{hit.score:.3f}")
         for hit in found],
        numbers=1,
    )  # fmt: skip


def _name(passage: Passage) -> str:
    parts = (passage.title or passage.id, passage.place)
    return "\n".join(part for part in parts if part)


def _snippet(passage: Passage) -> str:
    text = " ".join(passage.text.split())
    return text if len(text) <= SNIPPET else f"{text[:SNIPPET].rsplit(' ', 1)[0]} …"
