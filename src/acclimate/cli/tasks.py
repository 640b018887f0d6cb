"""What `acclimate evaluate --task` measures besides retrieval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from acclimate import api
from acclimate.cli import show
from acclimate.corpus import open_corpus
from acclimate.errors import UsageError

if TYPE_CHECKING:
    from acclimate.evaluate.intervals import Estimate
    from acclimate.multilingual.bias import Figures

#: model, corpora, split, whether as JSON
_Task = Callable[[str, Sequence[str], str, bool], None]


def measure_task(task: str, model: str, corpora: Sequence[str], split: str, json: bool) -> None:
    """Measure and show."""
    if task not in _TASKS:
        raise UsageError(f"--task {task!r}; choose from retrieval, {', '.join(_TASKS)}")
    _TASKS[task](model, corpora, split, json)


def _sts(model: str, corpora: Sequence[str], split: str, json: bool) -> None:
    del split
    found = api.evaluate_sts(model, corpora)
    if json:
        show.as_json({"system": model, "sts": [show.record(each) for each in found]})
        return
    show.table(
        ("first sentences", "second sentences", "pairs", "Pearson", "Spearman"),
        [
            (each.first, each.second, str(each.pairs), _mean(each.correlations.pearson),
             _mean(each.correlations.spearman))
            for each in found
        ],
        numbers=3,
    )  # fmt: skip


def _bitext(model: str, corpora: Sequence[str], split: str, json: bool) -> None:
    del split
    if len(corpora) == 2:
        found = api.evaluate_translations(model, *corpora)
        if json:
            show.as_json({"system": model, "accuracy": show.record(found)})
            return
        show.line(f"{found.pairs} pairs; translations found at rank 1:")
        show.line(f"{corpora[0]} to {corpora[1]}: {_mean(found.forward)}")
        show.line(f"{corpora[1]} to {corpora[0]}: {_mean(found.backward)}")
        return
    if len(corpora) != 3:
        raise UsageError(
            f"--task bitext takes two files, or three with the known pairs; got {len(corpora)}"
        )
    quality = api.evaluate_mining(model, *corpora)
    if json:
        show.as_json({"system": model, "mining": quality.as_json()})
        return
    show.line(
        f"precision {quality.precision:.4f}, recall {quality.recall:.4f}, F1 {quality.f1:.4f} on "
        f"{quality.gold} held-out gold pairs, with a margin of {quality.threshold:.4f} or more"
    )


def _language_bias(model: str, corpora: Sequence[str], split: str, json: bool) -> None:
    found = api.evaluate_language_bias(model, corpora, split)
    if json:
        show.as_json({"system": model, "language_bias": [show.record(each) for each in found]})
        return
    for each in found:
        title = "the model as it is" if each.remedy == "none" else f"remedy: {each.remedy}"
        show.line(f"\n{model}, {title}")
        rows: dict[str, Figures] = {**each.languages, "mean": each.mean}
        if each.change:
            rows["change"] = each.change
        _show_figures(rows)


def _captions(model: str, corpora: Sequence[str], split: str, json: bool) -> None:
    if len(corpora) != 1:
        raise UsageError(f"--task captions takes one collection of pictures; got {len(corpora)}")
    collection = open_corpus(corpora[0])
    found = api.evaluate_captions(model, collection, split)
    show.skipped(collection.report)
    if json:
        show.as_json({"system": model, "corpus": collection.name, "captions": show.record(found)})
        return
    show.line(f"{collection.name}: {found.captions} captions of {found.pictures} pictures")
    show.table(
        ("direction", *(f"R@{k}" for k in found.text_to_picture)),
        [
            ("text to picture", *map(_mean, found.text_to_picture.values())),
            ("by chance", *map(_share, found.text_to_picture_chance.values())),
            ("picture to text", *map(_mean, found.picture_to_text.values())),
            ("by chance", *map(_share, found.picture_to_text_chance.values())),
        ],
        numbers=len(found.text_to_picture),
    )


def _share(value: float) -> str:
    return f"{value:.4f}"


def _show_figures(rows: Mapping[str, Figures]) -> None:
    show.table(
        ("language", "nDCG@10 alone", "nDCG@10 pooled", "same language beyond 1/L", "rank gap"),
        [
            (name, _mean(row.monolingual), _mean(row.pooled), _mean(row.same_language),
             _mean(row.rank_gap, 1))
            for name, row in rows.items()
        ],
        numbers=4,
    )  # fmt: skip


def _mean(estimate: Estimate, digits: int = 4) -> str:
    value, low, high = (
        f"{each:.{digits}f}" for each in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} ({low} to {high})"


_TASKS: Mapping[str, _Task] = {
    "sts": _sts,
    "bitext": _bitext,
    "language-bias": _language_bias,
    "captions": _captions,
}
