"""Bitext mining: from two files of sentences to the pairs that translate each other."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from acclimate.errors import InputError, UsageError
from acclimate.formats.bitext import MinedPair, read_gold, write_mined
from acclimate.formats.files import check_writable
from acclimate.models.base import Encoder
from acclimate.multilingual.bitext_settings import AUTO, MiningSettings
from acclimate.multilingual.copies import nearly_same
from acclimate.multilingual.margin import Pairs, candidates, one_to_one
from acclimate.multilingual.sides import Side, read_side
from acclimate.multilingual.threshold import Quality, best_threshold, quality
from acclimate.progress import Progress, Silent


@dataclass(frozen=True, slots=True)
class Mined:
    """What was found: how many pairs were written, above which threshold, what was left out.

    `quality` is against the gold pairs: against all of them where the threshold was given, else
    against the half that the threshold was not chosen on.
    """

    pairs: int
    threshold: float
    dropped: Mapping[str, int]
    quality: Quality | None


def mine_bitext(
    source: Path,
    target: Path,
    out: Path,
    encoder: Encoder,
    settings: MiningSettings,
    gold: Path | None = None,
    progress: Progress | None = None,
) -> Mined:
    """Write the pairs of a source and a target file, a sentence a line, best first.

    Vectors lie on disk, beside `out`, while it works. Raises InputError where a file cannot be
    read, UsageError where the threshold shall be found and there are no gold pairs.
    """
    if settings.threshold == AUTO and gold is None:
        raise UsageError(
            "the threshold auto is found on known pairs; name them with --gold FILE, or give a "
            f"number such as --threshold {MiningSettings().threshold}"
        )
    check_writable(out)
    progress = progress or Silent()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
        scratch = Path(folder)
        a = read_side(source, encoder, settings.source_language, scratch / "source", progress)
        b = read_side(target, encoder, settings.target_language, scratch / "target", progress)
        known = _gold_rows(gold, a, b) if gold else None
        found, copies = _mine(a, b, settings.neighbours, scratch)
        threshold, measured = _judge(found, known, settings)
        kept = found.where(found.scores >= threshold)
        write_mined(out, _written(kept, a, b))
        return Mined(len(kept), threshold, _dropped(a, b, copies), measured)


def _mine(a: Side, b: Side, k: int, scratch: Path) -> tuple[Pairs, int]:
    """The pairs one to one, and how many were refused as copies."""
    copies = 0

    def refused(x: int, y: int) -> bool:
        nonlocal copies
        same = nearly_same(a.text(x), b.text(y))
        copies += same
        return same

    return one_to_one(candidates(a.vectors, b.vectors, k, scratch), refused), copies


@dataclass(frozen=True, slots=True)
class _Gold:
    """Known pairs: those with a row on both sides, and for all of them whether they choose.

    tuning: whether a source row is for choosing the threshold, shape (rows,).
    """

    rows: frozenset[tuple[int, int]]
    tuning: npt.NDArray[np.bool_]
    chosen_on: int
    measured_on: int


def _gold_rows(path: Path, a: Side, b: Side) -> _Gold:
    """Gold line numbers as rows; a pair whose line was left out still counts as one to be found."""
    tuning = np.random.default_rng(0).random(len(a.vectors)) < 0.5
    rows: set[tuple[int, int]] = set()
    chosen_on, lost = 0, 0
    for pair in read_gold(path):
        x, y = (_row(side, line, path) for side, line in zip((a, b), pair, strict=True))
        if x < 0 or y < 0:
            lost += 1
        elif (x, y) not in rows:
            rows.add((x, y))
            chosen_on += int(tuning[x])
    if not rows:
        raise InputError(f"{path}: no gold pair of lines that were kept; check its line numbers")
    # Lines that were left out lie in no half, and so weigh on the half that is reported.
    return _Gold(frozenset(rows), tuning, chosen_on, len(rows) - chosen_on + lost)


def _row(side: Side, line: int, path: Path) -> int:
    if line > len(side.rows):
        raise InputError(
            f"{path}: names line {line} of {side.path}, which has {len(side.rows)}; check that "
            "the gold pairs belong to these files"
        )
    return int(side.rows[line - 1])


def _judge(
    found: Pairs, gold: _Gold | None, settings: MiningSettings
) -> tuple[float, Quality | None]:
    """The threshold, and how good the pairs above it are where gold pairs are known."""
    if gold is None:
        return settings.least, None
    pairs = zip(found.source.tolist(), found.target.tolist(), strict=True)
    correct = np.fromiter((pair in gold.rows for pair in pairs), np.bool_, len(found))
    if settings.threshold != AUTO:
        total = gold.chosen_on + gold.measured_on
        return settings.least, quality(found.scores, correct, total, settings.least)
    tuning = gold.tuning[found.source]
    threshold = best_threshold(found.scores[tuning], correct[tuning], gold.chosen_on)
    measured = quality(found.scores[~tuning], correct[~tuning], gold.measured_on, threshold)
    return threshold, measured


def _written(pairs: Pairs, a: Side, b: Side) -> Iterator[MinedPair]:
    source_lines, target_lines = a.first_lines(), b.first_lines()
    for x, y, score in zip(
        pairs.source.tolist(), pairs.target.tolist(), pairs.scores.tolist(), strict=True
    ):
        yield MinedPair(score, int(source_lines[x]), int(target_lines[y]), a.text(x), b.text(y))


def _dropped(a: Side, b: Side, copies: int) -> dict[str, int]:
    counts = Counter({"nearly the same on both sides": copies})
    for name, side in (("source", a), ("target", b)):
        counts.update({f"{name}, {reason}": count for reason, count in side.dropped.items()})
    return dict(counts)
