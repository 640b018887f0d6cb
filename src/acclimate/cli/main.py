"""The command line: parse, call one function, show."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, cast

import typer
from typer import rich_utils
from typer.exceptions import Abort, TyperException

from acclimate import __version__
from acclimate.cli.adapt import adapt
from acclimate.cli.align import align
from acclimate.cli.corpora import corpora
from acclimate.cli.debias import debias
from acclimate.cli.distill import distill
from acclimate.cli.evaluate import evaluate
from acclimate.cli.experiment import experiment
from acclimate.cli.export import export
from acclimate.cli.failures import report
from acclimate.cli.index import index
from acclimate.cli.mcp import mcp
from acclimate.cli.mine_bitext import mine_bitext
from acclimate.cli.models import models
from acclimate.cli.options import Debug
from acclimate.cli.quiet import silence
from acclimate.cli.recipes import recipes
from acclimate.cli.search import search
from acclimate.cli.serve import serve
from acclimate.cli.state import STATE
from acclimate.cli.train import train
from acclimate.cli.weigh import weigh

app = typer.Typer(
    help="Give it your documents; it gives back a search engine that has learned their language.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
ADAPTING = (adapt, train, experiment)
SEARCHING = (index, search, evaluate, serve, mcp, weigh, export)
TRANSLATING = (distill, align, mine_bitext, debias)
LISTING = (models, recipes, corpora)
for verb in (*ADAPTING, *SEARCHING, *TRANSLATING, *LISTING):
    app.command()(verb)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"acclimate {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
    debug: Debug = False,
) -> None:
    silence(STATE.debug)


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code: 0 done, 2 wrong use or bad input, 1 anything else."""
    STATE.reset()
    try:
        code = app(args=list(arguments), prog_name="acclimate", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as error:
        rich_utils.rich_format_error(cast(Any, error))
        return 2
    except Abort:
        return report(KeyboardInterrupt(), STATE.resumable, STATE.debug)
    except BrokenPipeError:
        # Whoever read our output has seen enough; the flush at exit must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Exception, KeyboardInterrupt) as error:
        return report(error, STATE.resumable, STATE.debug)
    # typer turns Ctrl-C into the exit code 130 without a word.
    if code == 130:
        return report(KeyboardInterrupt(), STATE.resumable, STATE.debug)
    return code if isinstance(code, int) else 0


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
