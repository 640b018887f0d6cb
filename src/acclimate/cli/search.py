"""`acclimate search`: the best passages for a query."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acclimate import api
from acclimate.cli import show
from acclimate.cli.answer import plain_answer, show_answer
from acclimate.cli.options import (
    Changes,
    Debug,
    Json,
    Language,
    Languages,
    Mode,
    Rerank,
    RerankSeconds,
    RerankTop,
    SystemName,
    Where,
)
from acclimate.corpus import open_corpus
from acclimate.engine.records import DEFAULTS, SearchOptions
from acclimate.errors import UsageError
from acclimate.progress import Bars
from acclimate.recipes import split_overrides

if TYPE_CHECKING:
    from acclimate.types import Passage

SNIPPET = 240


def search(
    system: SystemName,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CORPUS] QUERY",
            help="What to look for; before it the collection to search, unless SYSTEM is an "
            "index folder. With --image there is no QUERY.",
            show_default=False,
        ),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Look for what is like it.", show_default=False),
    ] = None,
    k: Annotated[int, typer.Option("-k", help="How many passages to show.")] = DEFAULTS.k,
    mode: Mode = DEFAULTS.mode,
    rerank: Rerank = DEFAULTS.rerank,
    rerank_top: RerankTop = DEFAULTS.rerank_top,
    rerank_seconds: RerankSeconds = DEFAULTS.rerank_seconds,
    where: Where = DEFAULTS.where,
    languages: Languages = DEFAULTS.languages,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why each passage was found (index folders).")
    ] = DEFAULTS.explain,
    language: Language = "en",
    changes: Changes = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the best passages for a query.

    * `acclimate search index "refund after 30 days" --mode hybrid --where "year >= 2020"`
    * `acclimate search bm25 python-stdlib "how do I pair up two lists"`
    * `acclimate search photos-index --image query.jpg`
    * `acclimate search run/model my-documents/ "refund after 30 days" -k 3 --json`
    """
    options = SearchOptions(k, mode, rerank, rerank_top, rerank_seconds, where, languages, explain)
    corpus, query = _asked(list(words or ()), image, api.is_index(system))
    if api.is_index(system):
        _in_index(system, corpus, query, options, json)
    elif corpus:
        if options != SearchOptions(k=k):
            raise UsageError(f"{system} is no index folder; only one knows these options")
        _in_corpus(system, corpus, query, k, language, changes, json)
    else:
        raise UsageError(
            f"{system} is no index folder; check the name, or name the collection to search before "
            "the query"
        )


def _asked(words: list[str], image: Path | None, is_index: bool) -> tuple[str, str | Path]:
    """The collection, "" where none is named, and what to look for in it."""
    if len(words) > 2:
        raise UsageError(f"{len(words)} words after SYSTEM; put the query in quotes")
    if image is not None:
        if len(words) > 1 or (words and is_index):
            raise UsageError(f"both words ({words[-1]!r}) and --image; look for one of them")
        return (words[0] if words else ""), image
    if not words:
        raise UsageError("nothing to look for; give a QUERY in quotes, or --image FILE")
    return (words[0] if len(words) == 2 else ""), words[-1]


def _in_index(
    system: str, corpus: str, query: str | Path, options: SearchOptions, json: bool
) -> None:
    if corpus:
        raise UsageError(f"{system} is an index folder and holds its passages; leave CORPUS out")
    if isinstance(query, Path):
        answer = api.search_index_by_picture(system, query, options)
    else:
        answer = api.search_index(system, query, options)
    show.as_json(plain_answer(system, answer)) if json else show_answer(answer)


def _in_corpus(
    system: str,
    corpus: str,
    query: str | Path,
    k: int,
    language: str,
    changes: list[str] | None,
    json: bool,
) -> None:
    parts = split_overrides(changes or ())
    if parts.recipe:
        raise UsageError(f"--set {parts.recipe[0]}: search knows corpus settings (corpus.*) only")
    collection = open_corpus(corpus, parts.corpus)
    if isinstance(query, Path):
        found = api.search_by_picture(system, collection, query, k, Bars())
    else:
        found = api.search(system, collection, query, k, language, Bars())
    show.skipped(collection.report)
    if json:
        hits = [{"rank": hit.rank, "score": hit.score, **show.record(hit.passage)} for hit in found]
        show.as_json({"system": system, "corpus": corpus, "query": str(query), "hits": hits})
        return
    if not found:
        show.line("nothing found")
        return
    show.table(
        ("", "passage", "text", "score"),
        [(f"{hit.rank}", show.passage_name(hit.passage), _snippet(hit.passage), f"{hit.score:.3f}")
         for hit in found],
        numbers=1,
    )  # fmt: skip


def _snippet(passage: Passage) -> str:
    text = " ".join(passage.text.split())
    return text if len(text) <= SNIPPET else f"{text[:SNIPPET].rsplit(' ', 1)[0]} …"
