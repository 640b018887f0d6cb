"""The options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from acclimate.cli import show
from acclimate.cli.state import STATE
from acclimate.indexes.bm25languages import no_rules_note


def _debug(value: bool) -> bool:
    STATE.debug = STATE.debug or value
    return value


def tell_new_folders(path: Path | None) -> Path | None:
    """Say before the work which folders are made beside what was named: they may be a typo.

    Below the folder where somebody stands they are meant, as in `--out runs/demo`.
    """
    if path is not None and path.is_absolute() and not path.parent.exists():
        show.note(f"{path.parent} is not there yet; it will be made for {path}")
    return path


def _tell_no_rules(language: str) -> str:
    if note := no_rules_note(language):
        show.note(note)
    return language


CorpusName = Annotated[
    str,
    typer.Argument(
        metavar="CORPUS",
        help="A BEIR folder, a table (.jsonl .csv .tsv .parquet), a folder of documents, "
        "python-stdlib, or an ir_datasets id.",
        show_default=False,
    ),
]
SystemName = Annotated[
    str,
    typer.Argument(
        metavar="SYSTEM",
        help="An index folder, bm25, a model's name or folder, a TREC run (.trec .run .txt), or "
        'several: "bm25+M".',
        show_default=False,
    ),
]
Mode = Annotated[
    str,
    typer.Option(
        help="How to search an index folder: lexical, dense, dense:MODEL, sparse, late, hybrid or "
        "hybrid:rrf; the best that it has if left out.",
        show_default=False,
    ),
]
Rerank = Annotated[
    str,
    typer.Option(
        metavar="KIND:NAME",
        help="Read the best hits again with cross-encoder:M, monot5:M, likelihood:M, encoder:M or "
        "late:M.",
        show_default=False,
    ),
]
RerankTop = Annotated[int, typer.Option(help="How many hits the re-ranker reads.")]
RerankSeconds = Annotated[
    float, typer.Option(help="Seconds that the re-ranker may take for a query; 0: no limit.")
]
Where = Annotated[
    str,
    typer.Option(
        metavar="CONDITION",
        help="Only passages whose metadata fit, such as \"year >= 2020 and topic = 'law'\".",
        show_default=False,
    ),
]
Languages = Annotated[
    str,
    typer.Option(
        metavar="HOW",
        help="In an index of several languages: alike (no language is nearer than another), "
        "prefer (the query's own first) or prefer:LANGUAGE.",
        show_default=False,
    ),
]
Language = Annotated[
    str,
    typer.Option(
        help="The corpus's language for BM25, as ISO 639-1; mul: each text in its own.",
        callback=_tell_no_rules,
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one setting, such as corpus.text_field=body; may be given again.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")]
Debug = Annotated[
    bool,
    typer.Option(
        "--debug", help="Show tracebacks (also ACCLIMATE_DEBUG=1).", callback=_debug, is_eager=True
    ),
]
