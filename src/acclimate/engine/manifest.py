"""INDEX/index.json: the format, the settings and the models that an index folder was made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from acclimate.engine.settings import IndexSettings


@dataclass(frozen=True, slots=True)
class Manifest:
    """Written once, when the folder is created."""

    settings: IndexSettings
    #: The identity of each kind of index, by its name.
    kinds: Mapping[str, str]


def read_manifest(folder: Path) -> Manifest:
    """What a folder was made with. Raises InputError where it is no index of ours."""
    raise NotImplementedError
