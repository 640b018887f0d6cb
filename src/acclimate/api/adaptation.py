"""From a collection to a better model: adaptation, training, and experiments with both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from acclimate.api.opening import as_corpus, as_recipe, check_split
from acclimate.corpus import Corpus
from acclimate.indexes.bm25languages import no_rules_note
from acclimate.progress import Progress, Silent
from acclimate.recipes import apply_overrides, split_overrides
from acclimate.settings import Recipe

if TYPE_CHECKING:
    from acclimate.adapt.plan import Plan
    from acclimate.adapt.result import Adaptation, Training
    from acclimate.experiments.findings import Experiment
    from acclimate.experiments.running import Outcome


def adapt(
    corpus: str | Path | Corpus,
    out: str | Path,
    recipe: str | Path | Recipe = "offline",
    evaluate: str | Path | Corpus | None = None,
    progress: Progress | None = None,
    overrides: Sequence[str] = (),
    imported: str | Path | None = None,
) -> Adaptation:
    """Adapt a retriever to a corpus without labels; called again with the same `out`, it resumes.

    `evaluate` names a judged corpus to measure on before and after. `overrides` are `key=value`
    changes to the recipe, or with `corpus.` before the key, to how collections are read.
    `imported` is a folder with artefacts of the GPL code to start from. In processes that
    torchrun started, all but the first only help to train, and return what the first one does.
    """
    from acclimate.adapt.gpl import adapt as run
    from acclimate.adapt.gpl import follow
    from acclimate.train.team import join

    with join() as team:
        if team.rank > 0:
            return follow(team)
        parts = split_overrides(overrides)
        chosen = apply_overrides(as_recipe(recipe), parts.recipe)
        _tell_no_rules(chosen, progress)
        judged = None if evaluate is None else as_corpus(evaluate, parts.corpus)
        if judged is not None:
            check_split(judged, chosen.measure.split)
        opened = as_corpus(corpus, parts.corpus)
        start = None if imported is None else Path(imported)
        return run(opened, Path(out), chosen, judged, progress or Silent(), start, team)


def train(
    source: str | Path,
    out: str | Path,
    *,
    objective: str | None = None,
    model: str | None = None,
    kind: str | None = None,
    negatives: int | None = None,
    split: str = "train",
    recipe: str | Path | Recipe = "supervised",
    progress: Progress | None = None,
    overrides: Sequence[str] = (),
) -> Training:
    """Train a model on labels that are there; called again with the same `out`, it resumes.

    `source` names a judged collection (whose `split` is learned from), a table of pairs, triples
    or scored lists, or the folder of a finished `adapt`. `objective`, `model`, `kind` and
    `negatives` change `train.objective`, `student.model`, `student.kind` and `train.negatives` of
    the recipe; `overrides` change anything else. With the objective `clip` (recipe `pictures`) the
    collection's passages are pictures, and its queries their captions.
    """
    from acclimate.adapt.captions import train_on_captions
    from acclimate.adapt.sources import label_source
    from acclimate.adapt.supervised import follow, supervised
    from acclimate.train.team import join

    named = {"train.objective": objective, "student.model": model, "student.kind": kind,
             "train.negatives": negatives}  # fmt: skip
    changes = [f"{key}={value}" for key, value in named.items() if value is not None]
    parts = split_overrides([*changes, *overrides])
    chosen = apply_overrides(as_recipe(recipe), parts.recipe)
    if chosen.train.objective == "clip":
        corpus = as_corpus(source, parts.corpus)
        return train_on_captions(corpus, split, Path(out), chosen, progress)
    with join() as team:
        if team.rank > 0:
            return follow(team)
        _tell_no_rules(chosen, progress)
        opened = label_source(source, split, parts.corpus)
        return supervised(opened, Path(out), chosen, progress or Silent(), team)


def plan(
    corpus: str | Path | Corpus,
    recipe: str | Path | Recipe = "offline",
    progress: Progress | None = None,
    overrides: Sequence[str] = (),
) -> Plan:
    """What `adapt` would do here, stage by stage, with counts, times, memory and downloads."""
    from acclimate.adapt.plan import plan as estimate

    parts = split_overrides(overrides)
    chosen = apply_overrides(as_recipe(recipe), parts.recipe)
    _tell_no_rules(chosen, progress)
    return estimate(as_corpus(corpus, parts.corpus), chosen, progress or Silent())


def experiment(
    file: str | Path,
    out: str | Path,
    corpora: Sequence[str] = (),
    progress: Progress | None = None,
    seeds: Sequence[int] = (),
) -> Experiment:
    """Run the experiment in a TOML file, and write its tables and figures to `out`/NAME.

    NAME is the file's: several experiments can share `out`, and do alike cells once. Called again
    with the same `out` it goes on where it stopped. `corpora` and `seeds` are some of the file's,
    or others in their place. Cells that fail are in the result's `failed`; the others are done all
    the same.
    """
    from acclimate.experiments.results import experiment as run

    return run(Path(file), Path(out), corpora, seeds, progress or Silent())


def experiment_cells(
    file: str | Path, out: str | Path, corpora: Sequence[str] = (), seeds: Sequence[int] = ()
) -> list[Outcome]:
    """Every cell of an experiment, with its result where `out` has one; nothing is done."""
    from acclimate.experiments.results import cells

    return cells(Path(file), Path(out), corpora, seeds)


def _tell_no_rules(recipe: Recipe, progress: Progress | None) -> None:
    """Before the work, as a typo costs quality; what is no language at all is refused."""
    note = no_rules_note(recipe.language)
    if progress and note:
        progress.say(f"note: {note}")
