"""A folder of written documents: text, Markdown, HTML, PDF and Word files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.docx import read_docx
from acclimate.formats.html import read_html
from acclimate.formats.markdown import read_markdown
from acclimate.formats.pdf import read_pdf
from acclimate.formats.plain import read_plain
from acclimate.formats.readreport import Placed, Reason, Tally
from acclimate.formats.sections import Section, UnreadableError
from acclimate.formats.source import Unlabelled
from acclimate.formats.splitting import PassageSize, split_text
from acclimate.types import Passage

READERS: Mapping[str, Callable[[Path], Iterator[Section]]] = {
    ".txt": read_plain,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}
_NO_ID = re.compile("[\t\r\n\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class DocumentFolder(Unlabelled):
    """A folder, with its sub-folders, whose files are cut into passages."""

    folder: Path
    size: PassageSize

    def passages(self, tally: Tally) -> Iterator[Placed[Passage]]:
        """The passages of all files, in order of their names; ids are like `guide/intro.md#3`."""
        for path in walk(self.folder):
            reader = READERS.get(path.suffix.lower())
            if reader is None:
                tally.skip(Reason.OTHER_KIND, str(path))
            elif _NO_ID.search(str(path)):
                tally.skip(Reason.UNREADABLE_FILE, f"{str(path)!r}: rename it to plain characters")
            else:
                yield from self._file(path, reader, tally)

    def _file(
        self, path: Path, reader: Callable[[Path], Iterator[Section]], tally: Tally
    ) -> Iterator[Placed[Passage]]:
        name = path.relative_to(self.folder).as_posix()
        numbers = count(1)
        try:
            # A file is read whole first: half of a damaged one is not kept.
            sections = list(reader(path))
        except UnreadableError as error:
            tally.skip(error.reason, str(error))
            return
        except InputError as error:
            tally.skip(Reason.UNREADABLE_FILE, str(error))
            return
        for section in sections:
            for piece in split_text(section.text, self.size):
                place = section.place or f"paragraph {piece.paragraph}"
                passage_id = f"{name}#{next(numbers)}"
                passage = Passage(passage_id, piece.text, section.title, name, place)
                yield Placed(f"{path} ({place})", passage)
        if next(numbers) == 1:
            tally.skip(Reason.FILE_WITHOUT_TEXT, str(path))


def walk(folder: Path) -> Iterator[Path]:
    """The files below a folder in order of their names; hidden ones are passed over."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(parent, name)
