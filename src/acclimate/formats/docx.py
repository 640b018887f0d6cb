"""Word files (.docx), split by their headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from acclimate.errors import MissingExtra
from acclimate.extras import need
from acclimate.formats.sections import (
    Block,
    Section,
    UnreadableError,
    name_of,
    one_line,
    under_headings,
)

_HEADING_STYLE = re.compile(r"Heading ([1-6])")


def read_docx(path: Path) -> Iterator[Section]:
    """One section a heading; the rows of tables are read as paragraphs."""
    try:
        document = need("docx", "documents").Document(str(path))
        title = one_line(document.core_properties.title or "") or name_of(path)
        blocks = list(_blocks(document))
    except MissingExtra:
        raise
    # A damaged file is a broken zip, broken XML or missing parts: each raises its own.
    except Exception as error:
        raise UnreadableError(
            f"{path}: cannot be read as a Word file ({type(error).__name__}: {error}); "
            "save it again as .docx"
        ) from error
    yield from under_headings(blocks, title)


def _blocks(document: Any) -> Iterator[Block]:
    for item in document.iter_inner_content():
        if hasattr(item, "rows"):
            yield Block(0, "\n".join(_row(row) for row in item.rows))
            continue
        style = item.style.name if item.style is not None else ""
        heading = _HEADING_STYLE.fullmatch(style or "")
        if heading and item.text.strip():
            yield Block(int(heading[1]), one_line(item.text))
        elif style != "Title":
            yield Block(0, item.text)


def _row(row: Any) -> str:
    texts: list[str] = []
    for cell in row.cells:
        text = one_line(cell.text)
        if not texts or texts[-1] != text:  # a cell across several columns comes once for each
            texts.append(text)
    return " | ".join(texts)
