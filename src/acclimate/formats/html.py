"""HTML files, split by their headings."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from acclimate.extras import need
from acclimate.formats.files import read_bytes
from acclimate.formats.sections import Block, Section, name_of, one_line, under_headings

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_NO_TEXT = ("script", "style", "template", "noscript", "svg", "nav", "head")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = (
    *("address", "article", "aside", "blockquote", "dd", "details", "div", "dl", "dt", "figure"),
    *("figcaption", "footer", "form", "header", "hr", "li", "main", "ol", "p", "pre", "section"),
    *("summary", "table", "tr", "ul"),
)
# Marks that no page can hold: HTML has no way to spell these control characters.
_BREAK, _HEAD, _NEWLINE = "\x1e", "\x1d", "\x1f"
_MARKS = re.compile(f"[{_BREAK}{_HEAD}{_NEWLINE}]")


def read_html(path: Path) -> Iterator[Section]:
    """One section a heading; menus and scripts are left out. The page states its encoding."""
    soup = _parsed(read_bytes(path))
    stated = one_line(soup.title.get_text()) if soup.title else ""
    main = soup.find("h1")
    title = stated or (one_line(main.get_text()) if main else "") or name_of(path)
    for tag in soup.find_all(_NO_TEXT):
        tag.decompose()
    yield from under_headings(_blocks(soup), title)


def _parsed(raw: bytes) -> BeautifulSoup:
    bs4 = need("bs4", "documents")
    need("lxml", "documents")
    with warnings.catch_warnings():
        # XHTML that is read as HTML, or text without a tag: both are read well enough.
        warnings.simplefilter("ignore")
        soup: BeautifulSoup = bs4.BeautifulSoup(raw, "lxml")
    return soup


def _blocks(soup: BeautifulSoup) -> Iterator[Block]:
    """Mark where blocks begin and end, take the text at once, and part it at the marks."""
    for text in soup.find_all(string=_MARKS):
        text.replace_with(_MARKS.sub(" ", str(text)))
    for pre in soup.find_all("pre"):
        _keep_lines(pre)
    for ending in soup.find_all("br"):
        ending.replace_with(_NEWLINE)
    for cell in soup.find_all(("td", "th")):
        cell.insert_after(" ")
    for block in soup.find_all(_BLOCKS):
        block.insert_before(_BREAK)
        block.insert_after(_BREAK)
    for heading in soup.find_all(_HEADINGS):
        heading.insert_before(f"{_BREAK}{_HEAD}{heading.name[1]}")
        heading.insert_after(_BREAK)
    for part in soup.get_text().split(_BREAK):
        if part.startswith(_HEAD):
            yield Block(int(part[1]), one_line(part[2:].replace(_NEWLINE, " ")))
        elif paragraph := _paragraph(part):
            yield Block(0, paragraph)


def _keep_lines(pre: Tag) -> None:
    for text in pre.find_all(string=True):
        text.replace_with(str(text).replace("\n", _NEWLINE).replace(" ", "\xa0"))


def _paragraph(part: str) -> str:
    lines = (re.sub(r"[ \t\r\n]+", " ", line).strip(" ") for line in part.split(_NEWLINE))
    return "\n".join(lines).replace("\xa0", " ").strip()
