"""`acclimate mine-bitext`: pairs of sentences that translate each other, from two files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from acclimate import api
from acclimate.cli import show
from acclimate.cli.options import Debug, Json, tell_new_folders
from acclimate.multilingual.bitext_settings import MiningSettings
from acclimate.progress import Bars

DEFAULTS = MiningSettings()


def mine_bitext(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="Text, a sentence a line.", show_default=False)
    ],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The same.", show_default=False)],
    model: Annotated[str, typer.Option(metavar="M", help="A multilingual model, such as muse.")],
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The table to write (TSV).", callback=tell_new_folders),
    ],
    threshold: Annotated[
        str,
        typer.Option(help="The least margin of a pair; auto: the best on half of the gold pairs."),
    ] = DEFAULTS.threshold,
    gold: Annotated[
        Path | None,
        typer.Option(
            help="Known pairs to measure on: line numbers from 1, a tab between.",
            show_default=False,
        ),
    ] = None,
    neighbours: Annotated[
        int, typer.Option(help="Neighbours that a margin is measured against.")
    ] = DEFAULTS.neighbours,
    source_language: Annotated[
        str,
        typer.Option(help="Leave out source lines in other languages.", show_default=False),
    ] = DEFAULTS.source_language,
    target_language: Annotated[
        str,
        typer.Option(help="Leave out target lines in other languages.", show_default=False),
    ] = DEFAULTS.target_language,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Find the sentences of two files that translate each other, best first.

    * `acclimate mine-bitext de.txt en.txt --model muse --out pairs.tsv --threshold 1.1`
    * `acclimate mine-bitext a.txt b.txt --model muse --out c.tsv --threshold auto --gold g.tsv`
    """
    settings = MiningSettings(threshold, neighbours, source_language, target_language)
    found = api.mine_bitext(source, target, out, model, settings, gold, Bars())
    measured = found.quality
    if json:
        scores = measured and measured.as_json()
        show.as_json({"out": str(out), **show.record(found), "quality": scores})
        return
    for reason, count in found.dropped.items():
        show.line(f"left out: {count} ({reason})")
    show.line(f"{out}: {found.pairs} pairs with a margin of {found.threshold:.4f} or more")
    if measured:
        show.line(
            f"precision {measured.precision:.4f}, recall {measured.recall:.4f}, F1 "
            f"{measured.f1:.4f} on {measured.gold} gold pairs"
        )
