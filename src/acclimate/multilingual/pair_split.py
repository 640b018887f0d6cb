"""Which translations are learned from and which are held out, language by language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from acclimate.errors import InputError
from acclimate.multilingual.pair_settings import PairSettings
from acclimate.multilingual.pair_store import Integers, PairStore


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of translations by language, in an order by chance."""

    learning: Mapping[str, Integers]
    held_out: Mapping[str, Integers]

    @property
    def fingerprint(self) -> str:
        """A hash of the rows and of their order."""
        digest = hashlib.sha256()
        for part in (self.learning, self.held_out):
            for language, rows in part.items():
                digest.update(f"{language}/{len(rows)}/".encode() + rows.tobytes())
        return digest.hexdigest()


def split(store: PairStore, settings: PairSettings) -> Split:
    """A sentence of which one translation is held out is learned in no language.

    Raises InputError where a language is left with nothing to learn.
    """
    # One number for each source sentence, so that it stands at the same place in all languages.
    drawn = np.random.default_rng(settings.seed).permutation(int(store.source.max()) + 1)
    chances = drawn[store.source]
    by_chance = {
        language: rows[np.argsort(chances[rows], kind="stable")]
        for place, language in enumerate(store.languages)
        for rows in [np.flatnonzero(store.language == place)]
    }
    held_out = {
        language: rows[: max(1, min(settings.max_held_out, round(settings.held_out * len(rows))))]
        for language, rows in sorted(by_chance.items())
    }
    unseen = np.unique(store.source[np.concatenate(list(held_out.values()))])
    learning = {}
    for language, rows in sorted(by_chance.items()):
        left = rows[~np.isin(store.source[rows], unseen)]
        if not len(left):
            raise InputError(
                f"{language}: of {len(rows)} translations none is left to learn from when the "
                "held-out sentences are set apart; give more"
            )
        learning[language] = left[: settings.max_pairs or None]
    return Split(learning, held_out)
