"""Plain text files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from acclimate.formats.files import decode, read_bytes
from acclimate.formats.sections import Section, name_of


def read_plain(path: Path) -> Iterator[Section]:
    """The whole file as one section."""
    text = decode(read_bytes(path), path).replace("\r\n", "\n").replace("\r", "\n")
    yield Section(name_of(path), "", text)
