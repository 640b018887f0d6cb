"""From what a user names to sources of translations: tables, translation memories, Moses files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from acclimate.errors import InputError, UsageError
from acclimate.formats.parallel_languages import is_language, language, languages_in
from acclimate.formats.parallel_moses import MosesFiles
from acclimate.formats.parallel_table import ParallelTable
from acclimate.formats.parallel_tmx import TmxFile
from acclimate.formats.readreport import Placed, Tally
from acclimate.types import Translation

_TABLES = (".tsv", ".csv")


class ParallelSource(Protocol):
    """Translations as they lie on disk."""

    @property
    def path(self) -> Path:
        """What it is called in reports."""
        ...

    def translations(self, tally: Tally) -> Iterator[Placed[Translation]]:
        """Every translation in file order, each with its place."""
        ...


def find_parallel(
    names: Sequence[str | Path], languages: str = "", source: str = "en"
) -> list[ParallelSource]:
    """The sources behind files and folders.

    `languages` (`en-de`) are those of tables that do not tell; translations are from `source` where
    that is one of their languages. Sides of Moses files are put together by what their names share.
    Raises UsageError for what is no parallel data, InputError where a side is missing.
    """
    told = tuple(map(language, languages.split("-"))) if languages else ()
    found: list[ParallelSource] = []
    sides: dict[Path, dict[str, Path]] = {}
    for path in parallel_files(names):
        kind = _unzipped(path).suffix.lower()
        if kind in _TABLES:
            found.append(ParallelTable(path, told or languages_in(_stem(path).name), source))
        elif kind == ".tmx":
            found.append(TmxFile(path, source))
        else:
            sides.setdefault(_stem(path), {})[language(kind[1:])] = path
    for stem, paths in sides.items():
        whole = _with_partner(stem, paths) if len(paths) == 1 else paths
        found.append(MosesFiles(stem, whole, source))
    return found


def parallel_files(names: Sequence[str | Path]) -> Iterator[Path]:
    """The files named, and those of named folders. Raises UsageError for what is no such file."""
    for name in names:
        path = Path(name).expanduser()
        if path.is_dir():
            within = [each for each in sorted(path.iterdir()) if _is_parallel(each)]
            if not within:
                raise UsageError(
                    f"{path}: a folder without parallel data; it is looked for in .tsv, .csv and "
                    ".tmx files, and in pairs such as corpus.en-de.en and corpus.en-de.de"
                )
            yield from within
        elif _is_parallel(path):
            yield path
        else:
            raise UsageError(
                f"{path}: no parallel data by its name; give it the ending .tsv, .csv or .tmx, or "
                "a language's, as in corpus.en-de.en"
            )


def _is_parallel(path: Path) -> bool:
    kind = _unzipped(path).suffix.lower()
    if kind in (*_TABLES, ".tmx"):
        return True
    return is_language(kind[1:]) or language(kind[1:]) in languages_in(_stem(path).name)


def _unzipped(path: Path) -> Path:
    return path.with_suffix("") if path.suffix == ".gz" else path


def _stem(path: Path) -> Path:
    """`corpus.en-de` of corpus.en-de.en.gz."""
    return _unzipped(path).with_suffix("")


def _with_partner(stem: Path, paths: dict[str, Path]) -> dict[str, Path]:
    """A side that was named alone, with the file beside it that the pair in its name tells."""
    (known, path), *_ = paths.items()
    for beside in sorted(path.parent.glob(f"{stem.name}.*")):
        other = language(_unzipped(beside).suffix[1:])
        if _stem(beside) == stem and other != known and other in languages_in(stem.name):
            return paths | {other: beside}
    raise InputError(
        f"{path}: its other side is missing; name both, such as corpus.en and corpus.de, or call "
        "them corpus.en-de.en and corpus.en-de.de"
    )
