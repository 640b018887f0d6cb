"""Tabulate what experiments/multilingual.sh measured.

    python experiments/multilingual_table.py muse runs_distill-10000_model all-MiniLM-L6-v2

Models are named as in the results' file names. Five Markdown tables come out: translations found
and mined, similarity within each language, similarity with English, questions answered in each
language, and language bias.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
ENGLISH = "stsb-en-test"


def main(models: Sequence[str]) -> None:
    """Print the tables, a column a model where there is room for all of them."""
    table("translations: found from it / from English, F1 of mining", models, translations(models))
    table("Spearman, one language", models, similarity(models))
    table("Spearman, with English", models, with_english(models))
    table("nDCG@10, one language / all in one pool", models, questions(models))
    print("\n| model | remedy | nDCG@10 alone | nDCG@10 pooled | same language | rank gap |")
    print("|---" * 6 + "|")
    for model in models:
        for line in bias(model):
            print(line)


def table(what: str, models: Sequence[str], rows: Iterator[tuple[str, list[str]]]) -> None:
    print(f"\n| {what} | " + " | ".join(models) + " |")
    print("|---" * (len(models) + 1) + "|")
    for name, cells in rows:
        print(f"| {name} | " + " | ".join(cells) + " |")


def translations(models: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    languages = sorted(path.stem.split("-")[2] for path in RESULTS.glob(f"*-found-*-{models[0]}.*"))
    for language in languages:
        yield language, [_translations(language, model) for model in models]


def _translations(language: str, model: str) -> str:
    found = _read(f"found-{language}", model)["accuracy"]
    mined = _read(f"mined-{language}", model)["mining"]
    accuracy = f"{found['forward']['value']:.3f} / {found['backward']['value']:.3f}"
    return f"{accuracy}, {mined['f1']:.3f}"


def similarity(models: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    every = [_sts(model) for model in models]
    for first, second in every[0]:
        if first == second:
            yield first.split("-")[1], [_cell(each[first, second]) for each in every]


def with_english(models: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Both directions, of which neither is more right than the other."""
    every = [_sts(model) for model in models]
    for first, second in every[0]:
        if second == ENGLISH != first:
            cells = [f"{each[first, second]['value']:.3f} / {each[second, first]['value']:.3f}"
                     for each in every]  # fmt: skip
            yield first.split("-")[1], cells


def _sts(model: str) -> dict[tuple[str, str], dict[str, float]]:
    return {
        (each["first"], each["second"]): each["correlations"]["spearman"]
        for each in _read("sts", model)["sts"]
    }


def questions(models: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The models as they are, without a remedy."""
    every = [_read("bias", model)["language_bias"][0]["languages"] for model in models]
    for language in every[0]:
        found = [each[language] for each in every]
        cells = [f"{each['monolingual']['value']:.3f} / {each['pooled']['value']:.3f}"
                 for each in found]  # fmt: skip
        yield language, cells


def bias(model: str) -> Iterator[str]:
    for each in _read("bias", model)["language_bias"]:
        mean = each["mean"]
        cells = [_cell(mean[name]) for name in ("monolingual", "pooled", "same_language")]
        row = [model, each["remedy"], *cells, _cell(mean["rank_gap"], 1)]
        yield "| " + " | ".join(row) + " |"


def _cell(estimate: dict[str, float], digits: int = 3) -> str:
    value, low, high = (f"{estimate[name]:.{digits}f}" for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def _read(name: str, model: str) -> dict[str, Any]:
    path = RESULTS / f"multilingual-{name}-{model}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
