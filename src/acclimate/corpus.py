"""A user's collection: its passages, and where there are any, its queries and judgments."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from acclimate.errors import InputError, MissingExtra, UsageError
from acclimate.formats import demo, irdatasets
from acclimate.formats.beir import BeirFolder, is_beir
from acclimate.formats.distinct import distinct_judgments, distinct_passages, distinct_queries
from acclimate.formats.folder import READERS, DocumentFolder
from acclimate.formats.irdatasets import IrDataset
from acclimate.formats.readreport import ReadReport, Reason
from acclimate.formats.rows import DEFAULT_IMAGE, DEFAULT_TITLE, FieldNames
from acclimate.formats.source import Source
from acclimate.formats.splitting import PassageSize
from acclimate.formats.tables import KINDS, TableFile, table_kind
from acclimate.models.languages import UNKNOWN, LanguageDetector
from acclimate.types import LANGUAGE, Judgment, Passage, Query

__all__ = ["Corpus", "CorpusInfo", "CorpusSettings", "ReadReport", "list_corpora", "open_corpus"]

DATA_VARIABLE = "ACCLIMATE_DATA"


@dataclass(frozen=True, slots=True)
class CorpusSettings:
    """How a collection is read."""

    #: The columns of JSON lines, CSV, TSV and Parquet; "id" is taken where `id_field` is absent.
    id_field: str = "_id"
    title_field: str = DEFAULT_TITLE
    text_field: str = "text"
    #: The column of pictures' paths, from the table's folder on. Empty: it is a plain value.
    image_field: str = DEFAULT_IMAGE
    #: Take the pictures of a folder as passages; by default where it holds no other documents.
    pictures: bool | None = None
    #: Number the rows of a table that has no ids: 1, 2, 3 ...
    number_rows: bool = False
    #: The longest passage cut from a file of a folder, in words.
    passage_words: int = 200
    #: Words that a passage repeats from the one before. None by default: a repeated sentence
    #: makes a neighbour look like a hard negative although it answers the query as well.
    overlap_words: int = 0
    #: Note the language of each passage that does not say it, as the metadata field `language`.
    detect_language: bool = False
    #: Take a query's own id out of its results; by default where most of the queries that share
    #: an id with a passage are that passage word for word, as in ArguAna.
    drop_same_id: bool | None = None

    @property
    def names(self) -> FieldNames:
        """The columns of a table."""
        return FieldNames(self.id_field, self.title_field, self.text_field, self.image_field)

    @property
    def size(self) -> PassageSize:
        """The size of passages cut from files."""
        return PassageSize(self.passage_words, self.overlap_words)


@dataclass(frozen=True, slots=True)
class CorpusInfo:
    """A collection that can be opened by name."""

    name: str
    kind: str
    location: str


@dataclass(frozen=True, slots=True)
class _Survey:
    """What only one reading of all passages against all judgments can tell."""

    absent: frozenset[str]  # judged passages that are not there
    own: int  # queries that are word for word the passage of the same id
    shared: int  # queries that share their id with a passage


@dataclass
class Corpus:
    """A collection as the user named it. What is passed over while reading is in `report`."""

    name: str
    source: Source
    settings: CorpusSettings = field(default_factory=CorpusSettings)
    report: ReadReport = field(default_factory=ReadReport)

    def passages(self) -> Iterator[Passage]:
        """Stream the passages from their files, anew at each call."""
        tally = self.report.tally("passages")
        empty = True
        noted = _language_noter() if self.settings.detect_language else None
        for passage in distinct_passages(self.source.passages(tally), tally):
            empty = False
            yield noted(passage) if noted else passage
        if empty:
            raise InputError(f"{self.name}: no text and no picture in it{self._why_empty()}")

    def texts(self) -> Iterator[Passage]:
        """The passages, for what reads texts only; UsageError at the first picture."""
        for passage in self.passages():
            if passage.image:
                raise UsageError(
                    f"{self.name}: passage {passage.id!r} is a picture, and this works on texts; "
                    "pictures are searched (index, search) and measured (evaluate). For their "
                    "captions as texts, pass --set corpus.image_field="
                )
            yield passage

    def splits(self) -> list[str]:
        """The names of the splits with judgments: train, dev and test first."""
        return self.source.splits()

    def queries(self, split: str = "test") -> list[Query]:
        """The queries with at least one judgment in a split, in the order of their file."""
        judged = {judgment.query_id for judgment in self.judgments(split)}
        return [query for query in self._queries.values() if query.id in judged]

    def judgments(self, split: str = "test") -> list[Judgment]:
        """The judgments of a split, without those for queries that are not there.

        Judgments for absent passages are kept, and counted in `report`: as with BEIR's own
        evaluation they belong to the ideal ranking, so that measures compare with published ones
        (ArguAna lacks five of its relevant passages).
        """
        self._check_split(split)
        tally = self.report.tally(f"judgments of {split}")
        kept: list[Judgment] = []
        # Read to its end before the others, so that what is wrong in it is told first.
        for place, judgment in list(distinct_judgments(self.source.judgments(split), tally)):
            if judgment.query_id not in self._queries:
                tally.skip(Reason.ABSENT_QUERY, f"{place} ({judgment.query_id!r})")
                continue
            if judgment.passage_id in self._survey.absent:
                tally.skip(Reason.ABSENT_PASSAGE, f"{place} ({judgment.passage_id!r})")
            kept.append(judgment)
        return kept

    @property
    def drop_same_id(self) -> bool:
        """Whether a query's own id is no result for it, because the query is that passage."""
        if self.settings.drop_same_id is not None:
            return self.settings.drop_same_id
        return self._survey.own * 2 > self._survey.shared

    @cached_property
    def _queries(self) -> dict[str, Query]:
        tally = self.report.tally("queries")
        judged = {row.query_id for row in self._all_judgments()}
        queries: dict[str, Query] = {}
        for place, query in distinct_queries(self.source.queries(tally), tally):
            queries[query.id] = query
            if query.id not in judged:
                tally.skip(Reason.UNJUDGED_QUERY, place)
        return queries

    @cached_property
    def _survey(self) -> _Survey:
        queries = self._queries if self.splits() else {}
        if not queries:
            return _Survey(frozenset(), 0, 0)
        absent = {row.passage_id for row in self._all_judgments()}
        own = shared = 0
        for passage in self.passages():
            absent.discard(passage.id)
            query = queries.get(passage.id)
            if query is not None:
                shared += 1
                own += query.text.strip() in (passage.text.strip(), passage.content.strip())
        return _Survey(frozenset(absent), own, shared)

    def _all_judgments(self) -> Iterator[Judgment]:
        """Those of every split: whether a query is judged at all, no single one can tell."""
        for split in self.splits():
            try:
                for _, row in self.source.judgments(split):
                    yield row
            except InputError as error:
                raise InputError(
                    f"{error}; all splits are read, so remove the file if nobody needs {split!r}"
                ) from error

    def _check_split(self, split: str) -> None:
        splits = self.splits()
        if not splits:
            raise UsageError(f"{self.name}: it has no judgments; add qrels/{split}.tsv as in BEIR")
        if split not in splits:
            raise UsageError(f"{self.name}: no split {split!r}; choose from {', '.join(splits)}")

    def _why_empty(self) -> str:
        reasons = "; ".join(str(skip) for skip in self.report.skips if skip.part == "passages")
        return f": {reasons}" if reasons else "; add documents or name another collection"


def open_corpus(name: str | Path, settings: CorpusSettings | None = None) -> Corpus:
    """Open a collection by what the user calls it.

    A file or folder by its path, `python-stdlib`, a BEIR folder by its name below
    $ACCLIMATE_DATA, or an ir_datasets id. Nothing is read before it is asked for.
    """
    settings = settings or CorpusSettings()
    return Corpus(str(name), _source(str(name), settings), settings)


def list_corpora() -> list[CorpusInfo]:
    """The collections that can be opened by name alone: packaged, or below $ACCLIMATE_DATA."""
    found = [CorpusInfo(demo.NAME, "packaged", demo.location())]
    root = _data_folder()
    if root is None:
        return found
    folders = (path for pattern in ("*", "*/*") for path in root.glob(pattern) if is_beir(path))
    for path in sorted(folders):
        found.append(CorpusInfo(path.relative_to(root).as_posix(), "BEIR folder", str(path)))
    return found


def _source(name: str, settings: CorpusSettings) -> Source:
    if name == demo.NAME:
        return demo.PythonStdlib()
    path = Path(name).expanduser()
    root = _data_folder()
    # What lies where the user is working goes before what is known by name.
    for place in (path, root / name) if root else (path,):
        if place.is_dir():
            return _folder(place, settings)
        if place.is_file():
            return _file(place, settings)
    return _named(name)


def _folder(path: Path, settings: CorpusSettings) -> Source:
    if is_beir(path):
        return BeirFolder(path, settings.names)
    parts = sorted(child.name for child in path.iterdir() if child.is_dir() and is_beir(child))
    if parts:
        raise UsageError(
            f"{path}: a folder of {len(parts)} collections; name one of them: {', '.join(parts)}"
        )
    return DocumentFolder(path, settings.size, settings.pictures)


def _file(path: Path, settings: CorpusSettings) -> Source:
    if table_kind(path):
        return TableFile(path, settings.names, settings.number_rows)
    if path.suffix.lower() in READERS:
        raise UsageError(f"{path}: a single document; pass the folder that holds your documents")
    raise UsageError(
        f"{path}: files of this kind are not read; pass a folder of documents or a table: "
        f"{', '.join(KINDS)}"
    )


def _named(name: str) -> Source:
    looked = f"{name}: neither a file nor a folder, nor a collection below ${DATA_VARIABLE}"
    if Path(name).is_absolute() or name.startswith((".", "~")) or table_kind(Path(name)):
        raise UsageError(f"{looked}; check the path (from {Path.cwd()})")
    try:
        known = irdatasets.knows(name)
    except MissingExtra as error:
        raise MissingExtra(f"{looked}; if it is an ir_datasets id: {error}") from error
    if not known:
        raise UsageError(
            f"{looked}, nor an ir_datasets id; check the path, or see https://ir-datasets.com"
        )
    return IrDataset(name)


def _language_noter() -> Callable[[Passage], Passage]:
    """Adds what the detector is sure of. Raises MissingExtra where there is no detector."""
    detector = LanguageDetector.load()

    def noted(passage: Passage) -> Passage:
        found = UNKNOWN if LANGUAGE in passage.metadata else detector.detect(passage.content)
        if found == UNKNOWN:
            return passage
        return replace(passage, metadata={**passage.metadata, LANGUAGE: found})

    return noted


def _data_folder() -> Path | None:
    value = os.environ.get(DATA_VARIABLE)
    return Path(value).expanduser() if value else None
