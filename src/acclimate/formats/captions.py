"""Captions beside pictures: metadata.jsonl or metadata.csv, as Hugging Face's `imagefolder` has.

A row names its picture in `file_name`, from the folder on; `text` or `caption` is what it shows,
and other plain values are metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.readreport import Tally
from acclimate.formats.rows import FieldNames, Row, document_of
from acclimate.formats.tables import read_table
from acclimate.types import Document

NAMES = ("metadata.jsonl", "metadata.csv")
_FILE, _TEXTS = "file_name", ("text", "caption")


@dataclass(frozen=True, slots=True)
class Captions:
    """What a file says of each picture, by the picture's path from the folder on."""

    path: Path | None
    of: Mapping[str, Document]


def read_captions(folder: Path, tally: Tally) -> Captions:
    """The captions of a folder; none where it has no file of them.

    Several captions of one picture become one text, a line each.
    """
    path = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    found: dict[str, Document] = {}
    for row in _rows(path) if path else ():
        document = document_of(row, _names(row), tally)
        known = found.get(document.id)
        if known is not None:
            document = replace(document, text=f"{known.text}\n{document.text}")
        found[document.id] = document
    return Captions(path, found)


def _rows(path: Path) -> Iterator[Row]:
    for row in read_table(path, FieldNames(_FILE, "title", _TEXTS[0])):
        if _FILE not in row.fields:
            raise InputError(
                f"{row.place}: no {_FILE!r} among {list(row.fields)}; name each row's picture in "
                "it, from the folder on"
            )
        yield row


def _names(row: Row) -> FieldNames:
    text = next((name for name in _TEXTS if name in row.fields), _TEXTS[0])
    return FieldNames(_FILE, "title", text, image="")
