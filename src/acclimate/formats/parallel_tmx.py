"""Translation memories (TMX 1.4): units that hold one text in several languages.

Read piece by piece by expat, which opens nothing that a file refers to. A file that declares
something of its own is refused, since entities that stand for entities grow without bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from acclimate.errors import InputError
from acclimate.formats.files import read_chunks
from acclimate.formats.parallel_languages import language
from acclimate.formats.parallel_row import translations_of
from acclimate.formats.readreport import Placed, Reason, Tally
from acclimate.types import Translation

#: In characters; no sentence is as long, but a file that never ends its segment would be.
LONGEST_SEGMENT = 1 << 20
# Elements whose content is a word processor's own code and no text.
_CODES = frozenset(("bpt", "ept", "it", "ph", "ut"))


@dataclass(frozen=True, slots=True)
class TmxFile:
    """A translation memory; `source` is the language that translations are made from."""

    path: Path
    source: str

    def translations(self, tally: Tally) -> Iterator[Placed[Translation]]:
        """Every translation, streamed. Raises InputError with the line that is not TMX."""
        units = _Units(self.path)
        for chunk in read_chunks(self.path):
            yield from self._made(units.read(chunk), tally)
        yield from self._made(units.read(b"", last=True), tally)

    def _made(self, units: list[_Unit], tally: Tally) -> Iterator[Placed[Translation]]:
        for place, variants in units:
            if len(variants) < 2:
                tally.skip(Reason.ONE_LANGUAGE, place)
            yield from translations_of(variants, self.source, place, tally)


_Unit = tuple[str, list[tuple[str, str]]]


class _Units:
    """Turns bytes into the units that they complete."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: list[_Unit] = []
        self.variants: list[tuple[str, str]] = []
        self.place = ""
        self.language = ""
        self.text: list[str] | None = None
        self.length = 0
        self.codes = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.SkippedEntityHandler = self._unknown

    def read(self, chunk: bytes, *, last: bool = False) -> list[_Unit]:
        """The units that end in this piece of the file."""
        try:
            self.parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise InputError(
                f"{self.path}:{error.lineno}: not valid XML ({expat.errors.messages[error.code]}); "
                "export the translation memory again"
            ) from error
        done, self.done = self.done, []
        return done

    @property
    def _here(self) -> str:
        return f"{self.path}:{self.parser.CurrentLineNumber}"

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "tu":
            self.place, self.variants = self._here, []
        elif name == "tuv":
            given = attributes.get("xml:lang") or attributes.get("lang")
            if not given:
                raise InputError(f"{self._here}: a <tuv> without xml:lang; name its language")
            self.language = language(given)
        elif name == "seg":
            self.text, self.length = [], 0
        elif name in _CODES:
            self.codes += 1

    def _end(self, name: str) -> None:
        if name == "seg" and self.text is not None:
            self.variants.append((self.language, " ".join("".join(self.text).split())))
            self.text = None
        elif name == "tu":
            self.done.append((self.place, self.variants))
        elif name in _CODES:
            self.codes -= 1

    def _characters(self, data: str) -> None:
        if self.text is None or self.codes:
            return
        self.text.append(data)
        self.length += len(data)
        if self.length > LONGEST_SEGMENT:
            raise InputError(
                f"{self._here}: a segment of more than {LONGEST_SEGMENT} characters; this is no "
                "translation memory of sentences"
            )

    def _doctype(self, _name: str, _system: str | None, _public: str | None, own: int) -> None:
        # A bare reference to tmx14.dtd, which many tools write, declares nothing here.
        if own:
            raise InputError(
                f"{self._here}: the file declares entities or elements of its own, which could "
                "make it grow without bound; remove the [...] of its DOCTYPE"
            )

    def _unknown(self, name: str, _is_parameter: int) -> None:
        raise InputError(
            f"{self._here}: the entity &{name}; is not declared; write the character itself"
        )
