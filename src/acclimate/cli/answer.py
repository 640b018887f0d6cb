"""What an index folder answered, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from acclimate.cli import show
from acclimate.engine.records import Answer, Explanation, Result

#: Terms and words shown for a hit; --json has them all.
SHOWN = 8


def plain_answer(system: str, answer: Answer) -> dict[str, Any]:
    """The answer as JSON takes it: as without an index folder, and what only one knows."""
    return {
        "system": system,
        "query": answer.query,
        "mode": answer.mode,
        "hits": [
            {
                "rank": result.rank,
                "score": result.score,
                **show.record(result.passage),
                "snippet": show.record(result.snippet),
                "stages": [show.record(stage) for stage in result.stages],
                "explanation": result.explanation and show.record(result.explanation),
            }
            for result in answer.results
        ],
        "timings": [show.record(timing) for timing in answer.timings],
    }


def show_answer(answer: Answer) -> None:
    """A table of hits, and below it the reasons where they were asked for."""
    if not answer.results:
        show.line("nothing found")
        return
    show.table(
        ("", "passage", "text", "score"),
        [
            (f"{each.rank}", show.passage_name(each.passage), each.snippet.text,
             f"{each.score:.3f}")
            for each in answer.results
        ],
        numbers=1,
    )  # fmt: skip
    for each in answer.results:
        if each.explanation:
            _show_reasons(each, each.explanation)
    took = ", ".join(f"{timing.stage} {timing.milliseconds:.0f} ms" for timing in answer.timings)
    show.line(f"{answer.mode}: {took}")


def _show_reasons(result: Result, why: Explanation) -> None:
    stages = ", ".join(
        f"{stage.stage} {f'rank {stage.rank}, {stage.score:.3f}' if stage.rank else 'not found'}"
        for stage in result.stages
    )
    show.line(f"{result.rank}. {result.passage.title or result.passage.id}: {stages}")
    _show_weights("terms", [(each.term, each.weight) for each in why.terms])
    _show_weights("words", [(each.word, each.weight) for each in why.words])
    if why.note:
        show.line(f"   {why.note}")


def _show_weights(name: str, weights: Sequence[tuple[str, float]]) -> None:
    best = sorted(weights, key=lambda pair: -pair[1])[:SHOWN]
    if best:
        show.line(f"   {name}: " + ", ".join(f"{text} {weight:+.3f}" for text, weight in best))
