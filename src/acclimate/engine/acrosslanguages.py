"""One index, several languages: any of them alike, or the searcher's own first.

A bi-encoder keeps something of the language in its vectors, so that a query lies nearer to some
languages than to others, whatever their passages say (LAReQA, Roy et al., arXiv 2004.05484). How
near, the middle score over passages of each language tells. Taking it out of the scores is much
like centring the passages' vectors by language, done when the query is known, so that no index
need be made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acclimate.errors import MissingExtra, UsageError
from acclimate.indexes.base import EncodingLeg, Leg, Mask, Ranked, Scores
from acclimate.models.languages import UNKNOWN, LanguageDetector
from acclimate.ranking import Rows, top
from acclimate.types import LANGUAGE

ALIKE, PREFER = "alike", "prefer"
#: Passages of each language whose median score stands for the language. The median, since a few
#: relevant ones must not move it.
SAMPLE = 256
#: A language of so many passages is believed by half: their scores might be about what they say.
HALF_BELIEVED = 4
#: What the preferred language gets on top, in standard deviations of a language's scores.
BONUS = 1.0
#: Every language is searched by itself, so that there cannot be any number of them.
MOST_LANGUAGES = 200

#: The language that a query's answers should be in.
Preference = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Spoken:
    """The languages of a snapshot's passages; those that say none count as one more, `und`."""

    names: tuple[str, ...]
    #: The place in `names` of each row's language, shape (rows,); -1 for dead rows.
    of_row: npt.NDArray[np.int16]
    #: Rows of every language, evenly spaced, shape (sampled,).
    sample: Rows

    @classmethod
    def of(cls, live: Mask, masks: Mapping[str, Mask]) -> Spoken:
        """`masks` holds the rows of each language, shape (rows,) each."""
        if len(masks) > MOST_LANGUAGES:
            raise UsageError(
                f"{len(masks)} values in the field {LANGUAGE!r}; let it hold languages, at most "
                f"{MOST_LANGUAGES}, as in 'de'"
            )
        known = {name: mask for name, mask in masks.items() if name != UNKNOWN}
        silent = live & ~np.logical_or.reduce(list(known.values()))
        groups = {**known, **({UNKNOWN: silent} if silent.any() else {})}
        of_row = np.full(len(live), -1, dtype=np.int16)
        for place, mask in enumerate(groups.values()):
            of_row[mask & live] = place
        return cls(tuple(groups), of_row, _sample(of_row, len(groups)))


@dataclass(frozen=True, slots=True)
class AcrossLanguages:
    """A leg whose scores are without what the query's nearness to a language adds to them."""

    leg: Leg
    spoken: Spoken
    tiebreak: Rows
    preference: Preference | None

    def search(self, queries: Sequence[str], k: int, allowed: Mask) -> list[Ranked]:
        """The best k allowed rows for each query, out of the best k of every language."""
        found = [
            self.leg.search(queries, k, allowed & (self.spoken.of_row == place))
            for place in range(len(self.spoken.names))
        ]
        offsets = [self._offsets(query) for query in queries]
        return [
            self._merged(each, offset, k)
            for each, offset in zip(zip(*found, strict=True), offsets, strict=True)
        ]

    def score(self, query: str, rows: Rows) -> Scores:
        """The adjusted scores of chosen rows, shape (len(rows),)."""
        return self.leg.score(query, rows) + self._offsets(query)[self.spoken.of_row[rows]]

    def _merged(self, found: Sequence[Ranked], offsets: Scores, k: int) -> Ranked:
        rows = np.concatenate([each.rows for each in found])
        scores = np.concatenate(
            [each.scores + offset for each, offset in zip(found, offsets, strict=True)]
        )
        best = top(scores, self.tiebreak[rows], k)
        return Ranked(rows[best], scores[best])

    def _offsets(self, query: str) -> Scores:
        """What is added to the scores of each language, shape (languages,)."""
        sample = self.spoken.sample
        scores = self.leg.score(query, sample)
        place = self.spoken.of_row[sample]
        counts = np.bincount(place)
        middles = np.array([np.median(scores[place == each]) for each in range(len(counts))])
        offsets = (middles.mean() - middles) * counts / (counts + HALF_BELIEVED)
        preferred = self.preference(query) if self.preference else ""
        # A query of an unknown language prefers none, least of all the passages that say none.
        if preferred != UNKNOWN and preferred in self.spoken.names:
            deviation = np.sqrt(np.mean((scores - middles[place]) ** 2))
            offsets[self.spoken.names.index(preferred)] += BONUS * deviation
        return np.asarray(offsets, dtype=np.float32)


def across_languages(leg: Leg, spoken: Spoken, tiebreak: Rows, wanted: str) -> Leg:
    """The leg as SearchOptions.languages wants it. Raises UsageError where it wants nonsense."""
    if not wanted:
        return leg
    if spoken.names in ((), (UNKNOWN,)):
        raise UsageError(
            f"languages {wanted!r}: no passage of this index says its language; give each one a "
            f"metadata field {LANGUAGE!r}, or index with --set corpus.detect_language=true"
        )
    once = leg.remembering() if isinstance(leg, EncodingLeg) else leg
    return AcrossLanguages(once, spoken, tiebreak, _preference(wanted, spoken.names))


def _preference(wanted: str, names: Sequence[str]) -> Preference | None:
    spoken = [name for name in names if name != UNKNOWN]
    if wanted == ALIKE:
        return None
    if wanted == PREFER:
        try:
            return LanguageDetector.load().detect
        except MissingExtra as error:
            # Not as it is: a service would take it for a fault of its own.
            raise UsageError(
                f"languages {wanted!r}: {error}; or name the language, as in {PREFER}:{spoken[0]}"
            ) from error
    kind, _, language = wanted.partition(":")
    if kind != PREFER:
        raise UsageError(
            f"languages {wanted!r}; write {ALIKE}, {PREFER} (the query's own), or {PREFER}:LANGUAGE"
        )
    if language not in spoken:
        raise UsageError(
            f"languages {wanted!r}: the index has passages in {', '.join(spoken)}; choose one"
        )
    return lambda _: language


def _sample(of_row: npt.NDArray[np.int16], languages: int) -> Rows:
    """Up to SAMPLE rows of each language, evenly spaced over the index."""
    chosen = []
    for place in range(languages):
        rows = np.flatnonzero(of_row == place)
        spaced = np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(np.int64)
        chosen.append(rows[spaced])
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=np.int64)
