"""Fitting a remedy for language bias to the passages that it shall be used on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from acclimate.corpus import Corpus
from acclimate.errors import UsageError
from acclimate.models.encoders import open_encoder
from acclimate.models.languages import LanguageDetector
from acclimate.models.neutral import REMEDIES, LanguageMeans, MeansByLanguage, save_neutral
from acclimate.progress import Progress
from acclimate.types import Passage

#: A language with fewer passages than this has no mean worth taking away.
LEAST_PASSAGES = 20
BLOCK = 1_024


def debias(
    model: str, corpora: Sequence[Corpus], out: Path, kind: str, progress: Progress
) -> LanguageMeans:
    """Write `out`, a folder that can be named as a model: `model`, then the remedy.

    Each passage's language is detected; unknown and rare ones are passed over. Raises UsageError
    where `out` is there already, InputError where the passages are not in two languages.
    """
    if out.exists():
        raise UsageError(f"{out} is there already; name another --out")
    if kind not in REMEDIES:
        raise UsageError(f"remedy {kind!r}; choose from {', '.join(REMEDIES)}")
    encoder, detector = open_encoder(model), LanguageDetector.load()
    found = MeansByLanguage()
    with progress.task("encode", None) as advance:
        for texts in _blocks(chain.from_iterable(corpus.texts() for corpus in corpora)):
            found.add(encoder.encode_passages(texts), [detector.detect(text) for text in texts])
            advance(len(texts))
    means = found.means(LEAST_PASSAGES)
    save_neutral(out, encoder, means.remedy(kind))
    return means


def _blocks(passages: Iterable[Passage]) -> Iterator[list[str]]:
    waiting = iter(passages)
    while taken := list(islice(waiting, BLOCK)):
        yield [passage.content for passage in taken]
