"""`acclimate evaluate`: measure a system on a judged collection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acclimate import api
from acclimate.cli import show
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
    tell_new_folders,
)
from acclimate.cli.tasks import measure_task
from acclimate.corpus import open_corpus
from acclimate.engine.records import DEFAULTS, SearchOptions
from acclimate.errors import UsageError
from acclimate.formats.files import check_writable
from acclimate.formats.trec import write_run
from acclimate.progress import Bars
from acclimate.recipes import split_overrides

if TYPE_CHECKING:
    from acclimate.evaluate.evaluation import Comparison, Evaluation

RETRIEVAL = "retrieval"


def evaluate(
    system: SystemName,
    corpora: Annotated[
        list[str],
        typer.Argument(
            metavar="CORPUS...",
            help="A judged collection: a BEIR folder, python-stdlib or an ir_datasets id. For "
            "other tasks: captions takes one with pictures, sts tables of sentence pairs, bitext "
            "two text files and known pairs if not all lines are, language-bias a collection for "
            "each language.",
            show_default=False,
        ),
    ],
    task: Annotated[
        str, typer.Option(help="retrieval, captions, sts, bitext or language-bias.")
    ] = RETRIEVAL,
    split: Annotated[str, typer.Option(help="The split of the judgments.")] = "test",
    measures: Annotated[
        str, typer.Option(help="Measures as ir_measures names them, parted by blanks.")
    ] = api.DEFAULT_MEASURES,
    save_run: Annotated[
        Path | None,
        typer.Option(
            help="Write SYSTEM's hits as a TREC run.", show_default=False, callback=tell_new_folders
        ),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SYSTEM",
            help="Measure this system too and show how far it differs from SYSTEM, with a 95% "
            "interval and a corrected p-value; may be given again.",
            show_default=False,
        ),
    ] = None,
    mode: Mode = DEFAULTS.mode,
    rerank: Rerank = DEFAULTS.rerank,
    rerank_top: RerankTop = DEFAULTS.rerank_top,
    rerank_seconds: RerankSeconds = DEFAULTS.rerank_seconds,
    where: Where = DEFAULTS.where,
    languages: Languages = DEFAULTS.languages,
    language: Language = "en",
    changes: Changes = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Measure a system on a judged collection, or a model on another task.

    Every mean comes with its 95% bootstrap interval over queries.

    * `acclimate evaluate bm25 data/scifact`
    * `acclimate evaluate all-MiniLM-L6-v2 python-stdlib --compare run/model --compare bm25`
    * `acclimate evaluate index data/scifact --mode hybrid --compare bm25`
    * `acclimate evaluate bm25+run/model data/fiqa --split dev --measures "AP nDCG@20" --json`
    * `acclimate evaluate CLIP data/flickr8k_1k --task captions`
    * `acclimate evaluate muse stsb-de-test.csv stsb-en-test.csv --task sts`
    * `acclimate evaluate muse de.txt en.txt --task bitext`
    * `acclimate evaluate muse data/xquad/de data/xquad/hi --task language-bias`
    """
    asked = SearchOptions(
        mode=mode,
        rerank=rerank,
        rerank_top=rerank_top,
        rerank_seconds=rerank_seconds,
        where=where,
        languages=languages,
    )
    if task != RETRIEVAL:
        if asked != DEFAULTS or compare or save_run:
            raise UsageError(f"--task {task} measures a model's vectors; leave out how to search")
        measure_task(task, system, corpora, split, json)
        return
    if len(corpora) > 1:
        raise UsageError(
            f"{len(corpora)} collections; a system is searched in one, so name one at a time"
        )
    parts = split_overrides(changes or ())
    if parts.recipe:
        raise UsageError(f"--set {parts.recipe[0]}: evaluate knows corpus settings (corpus.*) only")
    if save_run is not None:
        check_writable(save_run)
    collection = open_corpus(corpora[0], parts.corpus)
    found = [
        # How to search is said of SYSTEM; what it is compared with may be no index folder.
        api.evaluate(name, collection, split, measures, language, Bars(), options=options)
        for name, options in ((system, asked), *((other, None) for other in compare or ()))
    ]
    show.skipped(collection.report)
    if save_run is not None:
        write_run(save_run, found[0].hits)
    comparisons = api.compare(*found) if len(found) > 1 else []
    if json:
        show.as_json(_plain(found, comparisons))
        return
    _show(found, comparisons)


def _plain(found: list[Evaluation], comparisons: list[Comparison]) -> dict[str, Any]:
    first, *others = found
    value = first.as_json()
    if others:
        value["compared"] = [other.as_json() for other in others]
        value["comparisons"] = [show.record(comparison) for comparison in comparisons]
    return value


def _show(found: list[Evaluation], comparisons: list[Comparison]) -> None:
    show.line(f"{found[0].corpus}: {found[0].queries} judged queries")
    show.table(
        ("system", "measure", "value", "95% interval"),
        [
            (each.system, name, f"{mean.value:.4f}", f"{mean.low:.4f} to {mean.high:.4f}")
            for each in found
            for name, mean in each.measures.items()
        ],
        numbers=2,
    )
    for each in found:
        if each.flops is not None:
            show.line(
                f"{each.system}: {each.flops:.2f} FLOPS, the multiplications of learned sparse "
                "search for a query and a passage"
            )
    if comparisons:
        show.differences(comparisons)
