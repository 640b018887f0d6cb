"""A folder of documents: text, Markdown, HTML, PDF and Word files, or pictures."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from acclimate.errors import InputError, PictureError
from acclimate.formats.captions import Captions, read_captions
from acclimate.formats.docx import read_docx
from acclimate.formats.html import read_html
from acclimate.formats.markdown import read_markdown
from acclimate.formats.pdf import read_pdf
from acclimate.formats.plain import read_plain
from acclimate.formats.readreport import Placed, Reason, Tally
from acclimate.formats.sections import Section, UnreadableError, name_of
from acclimate.formats.source import Unlabelled
from acclimate.formats.splitting import PassageSize, split_text
from acclimate.pictures.read import ENDINGS, check_picture
from acclimate.types import Document, Passage

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
    #: Whether pictures are passages; None: where the folder holds no other documents.
    pictures: bool | None = None

    def passages(self, tally: Tally) -> Iterator[Placed[Passage]]:
        """The passages of all files, in order of their names; ids are like `guide/intro.md#3`.

        A picture is one passage, whose id is its path from the folder on.
        """
        captions = self._captions(tally) if self._takes_pictures() else None
        for path in walk(self.folder):
            ending = path.suffix.lower()
            if captions is not None and ending in ENDINGS:
                rows = self._picture(path, captions.of, tally)
            elif ending in READERS:
                rows = self._file(path, READERS[ending], tally)
            elif captions is not None and path == captions.path:
                continue
            else:
                tally.skip(Reason.OTHER_KIND, str(path))
                continue
            if _NO_ID.search(str(path)):
                tally.skip(Reason.UNREADABLE_FILE, f"{str(path)!r}: rename it to plain characters")
            else:
                yield from rows

    def _takes_pictures(self) -> bool:
        """Pictures beside documents mostly belong to them, as logos and figures do."""
        if self.pictures is not None:
            return self.pictures
        return not any(path.suffix.lower() in READERS for path in walk(self.folder))

    def _captions(self, tally: Tally) -> Captions:
        captions = read_captions(self.folder, tally)
        for name in captions.of:
            if not (self.folder / name).is_file():
                tally.skip(Reason.ABSENT_PICTURE, f"{captions.path} ({name!r})")
        return captions

    def _picture(
        self, path: Path, captions: Mapping[str, Document], tally: Tally
    ) -> Iterator[Placed[Passage]]:
        name = path.relative_to(self.folder).as_posix()
        try:
            check_picture(path)
        except PictureError as error:
            tally.skip(Reason.UNREADABLE_PICTURE, str(error))
            return
        said = captions.get(name, Document(name, ""))
        title = said.title or name_of(path)
        passage = Passage(name, said.text, title, name, "", said.metadata, str(path))
        yield Placed(str(path), passage)

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
