"""Names and settings as people give them."""

from __future__ import annotations

from pathlib import Path

from acclimate.corpus import Corpus, CorpusSettings, open_corpus
from acclimate.errors import InputError, UsageError
from acclimate.recipes import load_recipe
from acclimate.settings import Recipe


def as_recipe(recipe: str | Path | Recipe) -> Recipe:
    """A recipe, or the one of that name or file."""
    return recipe if isinstance(recipe, Recipe) else load_recipe(recipe)


def as_corpus(corpus: str | Path | Corpus, settings: CorpusSettings | None) -> Corpus:
    """A collection, or the one of that name."""
    return corpus if isinstance(corpus, Corpus) else open_corpus(corpus, settings)


def check_split(corpus: Corpus, split: str) -> None:
    """Refuse before the work what would be refused after it."""
    splits = corpus.splits()
    if split not in splits:
        known = f"it has {', '.join(splits)}" if splits else "it has no judgments"
        raise UsageError(f"{corpus.name}: no split {split!r} to measure on; {known}")
    if not corpus.judgments(split):
        raise InputError(
            f"{corpus.name}: no judgments of its queries in the split {split!r}, so nothing to "
            f"measure; check its judgments (as in BEIR, qrels/{split}.tsv)"
        )
