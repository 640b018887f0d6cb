"""What the verbs that learn from translations share: their options, and what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from acclimate.cli import show

if TYPE_CHECKING:
    from acclimate.multilingual.pair_result import Multilingual

Parallel = Annotated[
    list[str],
    typer.Argument(
        metavar="PARALLEL...",
        help="Translations: .tsv, .csv or .tmx files, aligned files (corpus.en-de.en), or folders "
        "of such; all may be gzipped.",
        show_default=False,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="Leave out translations of which a side stands in this file or folder of test "
        "sentences; may be given again.",
        show_default=False,
    ),
]


def plain_multilingual(result: Multilingual) -> dict[str, Any]:
    """A result as JSON takes it."""
    return {
        "model": str(result.model),
        "student": result.student,
        "teacher": result.teacher and result.teacher.name,
        "agreement": result.agreement,
        "languages": [show.record(each) for each in result.languages],
        "excluded": result.excluded,
        "skipped": [f"{skip.part}: {skip}" for skip in result.report.skips],
        "training": show.record(result.course),
        "settings": show.record(result.settings),
    }


def show_multilingual(result: Multilingual) -> None:
    """Accuracy before and after, and where the model is."""
    show.line("Held-out translations found as the nearest of all, to the language and from it:")
    show.table(
        ("language", "learned", "held out", "before", "after"),
        [
            (
                each.language,
                f"{each.learned:,}",
                f"{each.held_out:,}",
                f"{each.before.forward:.3f} {each.before.backward:.3f}",
                f"{each.after.forward:.3f} {each.after.backward:.3f}",
            )
            for each in result.languages
        ],
        numbers=4,
    )
    if result.agreement is not None:
        show.line(f"Mean cosine with the teacher on held-out sources: {result.agreement:.4f}")
    show.line(f"Translations left out because of --exclude: {result.excluded:,}")
    show.line(f"Best step: {result.course.best_step} of {result.course.step}")
    show.line(f"Model: {result.model}")
