"""PDF files, page by page."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from acclimate.errors import InputError
from acclimate.extras import need
from acclimate.formats.readreport import Reason
from acclimate.formats.sections import Section, UnreadableError, name_of, one_line

if TYPE_CHECKING:
    from pypdf import PdfReader

_HYPHENATED = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zà-öø-ÿ])")
_NO_CHARACTER = re.compile("[\ud800-\udfff\0]")


def read_pdf(path: Path) -> Iterator[Section]:
    """One section a page. A word parted at the end of a line is joined again."""
    # It reports every blemish of a file that it can read all the same.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        yield from _pages(path)
    except (InputError, ImportError):
        raise
    # A damaged PDF makes pypdf raise nearly anything, from KeyError to RecursionError.
    except Exception as error:
        raise UnreadableError(
            f"{path}: cannot be read as PDF ({type(error).__name__}: {error}); save it again"
        ) from error


def _pages(path: Path) -> Iterator[Section]:
    pypdf = need("pypdf", "documents")
    with open(path, "rb") as handle:
        reader: PdfReader = pypdf.PdfReader(handle)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableError(f"{path}: encrypted; save a copy without a password")
        title = _stated_title(reader) or name_of(path)
        found = False
        for number, page in enumerate(reader.pages, 1):
            text = _NO_CHARACTER.sub("\ufffd", page.extract_text()).strip()
            if text:
                found = True
                yield Section(title, f"page {number}", _HYPHENATED.sub("", text))
        if not found:
            raise UnreadableError(
                f"{path}: no text on its pages; run text recognition (OCR) over it",
                Reason.FILE_WITHOUT_TEXT,
            )


def _stated_title(reader: PdfReader) -> str:
    stated = reader.metadata.title if reader.metadata else None
    return _NO_CHARACTER.sub("", one_line(stated)) if isinstance(stated, str) else ""
