"""Pairs of sentences with a score for how alike they are, as in the STS benchmark."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.files import read_lines


@dataclass(frozen=True, slots=True)
class SentencePair:
    """Two sentences and how alike people found them; in the STS benchmark from 0 to 5."""

    first: str
    second: str
    score: float


def read_sts(path: Path) -> Iterator[SentencePair]:
    """The pairs of a CSV file without a header: first sentence, second sentence, score."""
    reader = csv.reader(read_lines(path), strict=True)
    start = 1
    try:
        for values in reader:
            if values:
                yield _pair(values, f"{path}:{start}")
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}:{start}: not a valid CSV row ({error}); close its quotes, and double those "
            "inside a quoted sentence"
        ) from error


def _pair(values: list[str], place: str) -> SentencePair:
    try:
        first, second, written = values
        score = float(written)
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise InputError(
            f"{place}: {values!r:.80} is no pair with a score; write two sentences and a number, "
            "parted by commas, without a header"
        )
    return SentencePair(first, second, score)
