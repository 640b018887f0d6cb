"""The options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

from acclimate.cli.state import STATE


def _debug(value: bool) -> bool:
    STATE.debug = STATE.debug or value
    return value


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
        help='bm25, a model\'s name or folder, a TREC run (.trec .run .txt), or several: "bm25+M".',
        show_default=False,
    ),
]
Language = Annotated[str, typer.Option(help="The corpus's language for BM25, as ISO 639-1.")]
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
