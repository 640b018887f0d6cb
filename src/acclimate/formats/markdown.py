"""Markdown files, split by their headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from acclimate.formats.plain import read_plain
from acclimate.formats.sections import Block, Section, name_of, one_line, under_headings

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n(?:---|\.\.\.)(?:\n|\Z)", re.DOTALL)
_STATED_TITLE = re.compile(r"^title:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_NO_PARAGRAPH = re.compile(r" {0,3}(?:>|[-*+][ \t]|\d+[.)][ \t])|    |\t|$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]\[]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)")


def read_markdown(path: Path) -> Iterator[Section]:
    """One section a heading. The title is stated up front, the first main heading, or the name."""
    for whole in read_plain(path):
        text, stated = _without_front_matter(whole.text)
        blocks = list(_blocks(_COMMENT.sub("", text)))
        main = next((block.text for block in blocks if block.level == 1), "")
        yield from under_headings(blocks, stated or main or name_of(path))


def _without_front_matter(text: str) -> tuple[str, str]:
    found = _FRONT_MATTER.match(text)
    if not found:
        return text, ""
    stated = _STATED_TITLE.search(found[1])
    return text[found.end() :], stated[1].strip("'\"") if stated else ""


def _blocks(text: str) -> Iterator[Block]:
    """Headings and what stands between them; a `#` inside fenced code is no heading."""
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        marker = _FENCE.match(line)
        if fence:
            fence = "" if _closes(line, fence) else fence
        elif marker:
            fence = marker[1]
        elif heading := _HEADING.match(line):
            yield _paragraphs(lines)
            lines = []
            yield Block(len(heading[1]), _heading_text(heading[2] or ""))
            continue
        elif lines and (under := _UNDERLINE.match(line)) and _is_one_line(lines):
            above = lines.pop()
            yield _paragraphs(lines)
            lines = []
            yield Block(1 if under[1][0] == "=" else 2, _heading_text(above))
            continue
        lines.append(line)
    yield _paragraphs(lines)


def _is_one_line(lines: list[str]) -> bool:
    """Whether the last line stands alone: only then does a line below make it a heading."""
    alone = len(lines) == 1 or not lines[-2].strip()
    return alone and not _NO_PARAGRAPH.match(lines[-1])


def _closes(line: str, fence: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(fence) and set(bare) == {fence[0]}


def _paragraphs(lines: list[str]) -> Block:
    return Block(0, _LINK.sub(r"\1", "\n".join(lines)).strip("\n"))


def _heading_text(text: str) -> str:
    return one_line(_LINK.sub(r"\1", text).replace("`", "").replace("**", ""))
