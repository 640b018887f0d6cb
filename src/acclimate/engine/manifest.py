"""INDEX/index.json: the format, the settings and the models that an index folder was made with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from acclimate.engine.settings import IndexSettings
from acclimate.errors import InputError, StaleRows, UsageError
from acclimate.fields import with_table
from acclimate.formats.files import atomic_write
from acclimate.indexes.base import Kind

MANIFEST = "index.json"
#: Changes when older versions could not read what this one writes, or the other way round.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """Written once, when the folder is created."""

    settings: IndexSettings
    #: The identity of each kind of index, by its name.
    kinds: Mapping[str, str]


def write_manifest(folder: Path, settings: IndexSettings, kinds: Sequence[Kind]) -> None:
    """Make a folder an index: until this file stands there, it is none."""
    identities = {kind.name: kind.identity for kind in kinds}
    record = {"format": FORMAT, "settings": asdict(settings), "kinds": identities}
    with atomic_write(folder / MANIFEST) as handle:
        json.dump(record, handle, indent=1, ensure_ascii=False)
        handle.write("\n")


def read_manifest(folder: Path) -> Manifest:
    """What a folder was made with.

    Raises InputError where it is no index, and StaleRows where it has another format.
    """
    path = folder / MANIFEST
    try:
        record = json.loads(path.read_bytes())
        version = record["format"]
    except FileNotFoundError as error:
        raise InputError(
            f"{folder}: no finished index ({MANIFEST} is not there); check the name, or make one: "
            f"acclimate index CORPUS --out {folder}"
        ) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(path, error) from error
    if version != FORMAT:
        raise StaleRows(
            f"{folder}: an index of format {version}, but this version of acclimate reads format "
            f"{FORMAT}; install the version that made it, or index the corpus again"
        )
    try:
        kinds = {str(name): str(identity) for name, identity in record["kinds"].items()}
        settings = with_table(IndexSettings(), record["settings"], str(path))
    except (TypeError, AttributeError, KeyError) as error:
        raise _damaged(path, error) from error
    except UsageError as error:
        raise StaleRows(
            f"{path}: holds settings that this version of acclimate does not know ({error}); "
            "install the version that made it, or index the corpus again"
        ) from error
    return Manifest(settings, kinds)


def check_kinds(folder: Path, manifest: Manifest, kinds: Sequence[Kind]) -> None:
    """Refuse kinds that the folder does not have, or that would have written it otherwise."""
    for kind in kinds:
        recorded = manifest.kinds.get(kind.name)
        if recorded is None:
            has = ", ".join(manifest.kinds) or "nothing"
            raise UsageError(
                f"{folder}: the index has no {kind.name!r}, only {has}; index the corpus again "
                "with it"
            )
        if recorded != kind.identity:
            raise StaleRows(
                f"{folder}: {kind.name!r} was made with {recorded!r}, but at hand is "
                f"{kind.identity!r}; install the same version, or index the corpus again"
            )


def check_all_kinds(folder: Path, manifest: Manifest, kinds: Sequence[Kind]) -> None:
    """The same for a writer, which must bring every kind, so that none is left behind."""
    check_kinds(folder, manifest, kinds)
    missing = manifest.kinds.keys() - {kind.name for kind in kinds}
    if missing:
        raise UsageError(
            f"{folder}: a change must reach every index in the folder; "
            f"open it with {', '.join(map(repr, sorted(missing)))} too"
        )


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path}: cannot be read ({type(error).__name__}: {error}); "
        "restore the file, or index the corpus again"
    )
