"""What is learned from translations, and what is found with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from acclimate.api.opening import as_corpus
from acclimate.corpus import Corpus, CorpusSettings
from acclimate.progress import Progress, Silent

if TYPE_CHECKING:
    from acclimate.formats.parallel import ParallelSource
    from acclimate.models.neutral import LanguageMeans
    from acclimate.multilingual.bitext import Mined
    from acclimate.multilingual.bitext_settings import MiningSettings
    from acclimate.multilingual.pair_exclude import Excluded
    from acclimate.multilingual.pair_result import Multilingual
    from acclimate.multilingual.pair_settings import AlignSettings, DistillSettings, PairSettings


def mine_bitext(
    source: str | Path,
    target: str | Path,
    out: str | Path,
    model: str,
    settings: MiningSettings | None = None,
    gold: str | Path | None = None,
    progress: Progress | None = None,
) -> Mined:
    """Find the lines of two files that translate each other, and write them as a table.

    `gold` names known pairs of line numbers, to measure on and to find the threshold with.
    """
    from acclimate.models.encoders import open_encoder
    from acclimate.multilingual.bitext import mine_bitext
    from acclimate.multilingual.bitext_settings import MiningSettings

    known = None if gold is None else Path(gold)
    return mine_bitext(
        Path(source),
        Path(target),
        Path(out),
        open_encoder(model),
        settings or MiningSettings(),
        known,
        progress,
    )


def debias(
    model: str,
    corpora: Sequence[str | Path | Corpus],
    out: str | Path,
    remedy: str = "subspace",
    progress: Progress | None = None,
    settings: CorpusSettings | None = None,
) -> LanguageMeans:
    """Fit a remedy for language bias to a model and to passages, and write it as a model folder.

    `remedy` is "centre" or "subspace"; each passage's language is detected.
    """
    from acclimate.multilingual.debias import debias as fit

    opened = [as_corpus(corpus, settings) for corpus in corpora]
    return fit(model, opened, Path(out), remedy, progress or Silent())


def distill(
    teacher: str,
    student: str,
    parallel: Sequence[str | Path],
    out: str | Path,
    settings: DistillSettings | None = None,
    exclude: Sequence[str | Path] = (),
    progress: Progress | None = None,
    overrides: Sequence[str] = (),
) -> Multilingual:
    """Teach a student a teacher's vectors in the languages of translations; resumes in `out`.

    `student` is a model's name, or `new` for the teacher's body with a vocabulary that grows (see
    docs/multilingual.md). Translations of which a side is among the texts of the `exclude` files
    are left out. `overrides` are `key=value` changes to the settings.
    """
    from acclimate.fields import with_changes
    from acclimate.multilingual.distill import distill as run
    from acclimate.multilingual.pair_settings import DistillSettings

    chosen = with_changes(settings or DistillSettings(), overrides)
    found = _parallel(parallel, chosen.pairs)
    excluded = _excluded(exclude)
    return run(teacher, student, found, Path(out), chosen, excluded, progress or Silent())


def align(
    parallel: Sequence[str | Path],
    out: str | Path,
    student: str = "new",
    settings: AlignSettings | None = None,
    exclude: Sequence[str | Path] = (),
    progress: Progress | None = None,
    overrides: Sequence[str] = (),
) -> Multilingual:
    """Teach a student to find translations among other sentences; resumes in `out`.

    The arguments are those of `distill`; a `new` student gets all-MiniLM-L6-v2's body.
    """
    from acclimate.fields import with_changes
    from acclimate.multilingual.align import align as run
    from acclimate.multilingual.pair_settings import AlignSettings

    chosen = with_changes(settings or AlignSettings(), overrides)
    found = _parallel(parallel, chosen.pairs)
    return run(student, found, Path(out), chosen, _excluded(exclude), progress or Silent())


def _parallel(names: Sequence[str | Path], settings: PairSettings) -> list[ParallelSource]:
    from acclimate.formats.parallel import find_parallel

    return find_parallel(names, settings.languages, settings.source_language)


def _excluded(names: Sequence[str | Path]) -> Excluded:
    from acclimate.formats.parallel_texts import texts_of
    from acclimate.multilingual.pair_exclude import Excluded

    return Excluded(texts_of(names))
