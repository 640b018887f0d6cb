"""BEIR folders: corpus.jsonl, queries.jsonl and qrels/{train,dev,test}.tsv."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.files import atomic_write
from acclimate.formats.jsonl import read_jsonl
from acclimate.formats.pictured import with_pictures
from acclimate.formats.readreport import Placed, Tally
from acclimate.formats.rows import FieldNames, checked_id, document_of, query_of
from acclimate.formats.source import whole
from acclimate.formats.trec import read_qrels, write_beir_qrels
from acclimate.types import Judgment, Passage, Query

_USUAL_SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class BeirFolder:
    """A folder in BEIR's layout; queries and judgments may be missing."""

    folder: Path
    names: FieldNames

    def passages(self, tally: Tally) -> Iterator[Placed[Passage]]:
        """One passage a line of corpus.jsonl."""
        path = part_of(self.folder, "corpus.jsonl")
        if path is None:
            raise InputError(f"{self.folder}: no corpus.jsonl; write one in BEIR's layout")
        rows = (
            Placed(row.place, whole(document_of(row, self.names, tally)))
            for row in read_jsonl(path)
        )
        return with_pictures(rows, self.folder, tally)

    def splits(self) -> list[str]:
        """The judgment files by name: train, dev and test first, in this order."""
        found = {path.name.removesuffix(".gz").removesuffix(".tsv") for path in self._qrels()}
        usual = [name for name in _USUAL_SPLITS if name in found]
        return usual + sorted(found.difference(usual))

    def queries(self, tally: Tally) -> Iterator[Placed[Query]]:
        """One query a line of queries.jsonl."""
        return read_queries(self.folder, tally)

    def judgments(self, split: str) -> Iterator[Placed[Judgment]]:
        """The judgments of qrels/SPLIT.tsv."""
        path = part_of(self.folder / "qrels", f"{split}.tsv")
        return read_qrels(path) if path else iter(())

    def _qrels(self) -> Iterator[Path]:
        for pattern in ("*.tsv", "*.tsv.gz"):
            yield from (self.folder / "qrels").glob(pattern)


def part_of(folder: Path, name: str) -> Path | None:
    """A file of a folder, plain or gzipped; none where it is absent."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    return None


def is_beir(folder: Path) -> bool:
    """Whether a folder holds a corpus in BEIR's layout."""
    return part_of(folder, "corpus.jsonl") is not None


def read_queries(folder: Path, tally: Tally) -> Iterator[Placed[Query]]:
    """The queries of queries.jsonl, if it is there."""
    path = part_of(folder, "queries.jsonl")
    for row in read_jsonl(path) if path else ():
        yield Placed(row.place, query_of(row, tally))


def write_beir(
    folder: Path,
    passages: Iterable[Passage],
    queries: Iterable[Query] = (),
    judgments: Mapping[str, Iterable[Judgment]] | None = None,
) -> None:
    """Write a BEIR folder; `judgments` go by split. Each file is whole or absent.

    Pictures stay where they are, which must be below the folder.
    """
    _write_lines(folder / "corpus.jsonl", (_passage_line(each, folder) for each in passages))
    _write_lines(folder / "queries.jsonl", (_query_line(query) for query in queries))
    for split, rows in (judgments or {}).items():
        write_beir_qrels(folder / "qrels" / f"{split}.tsv", rows)


def _write_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    with atomic_write(path) as handle:
        for row in rows:
            checked_id(row["_id"], str(path))
            handle.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")


def _passage_line(passage: Passage, folder: Path) -> Mapping[str, object]:
    """BEIR's own three columns; where a passage was cut from goes with the metadata."""
    source = {"document_id": passage.document_id, "place": passage.place}
    apart = passage.document_id not in ("", passage.id) or passage.place
    return {
        "_id": passage.id,
        "title": passage.title,
        "text": passage.text,
        "metadata": {**passage.metadata, **(source if apart else {})},
        **({"image": _path_from(folder, passage.image)} if passage.image else {}),
    }


def _path_from(folder: Path, image: str) -> str:
    try:
        return Path(image).relative_to(folder).as_posix()
    except ValueError as error:
        raise InputError(f"{image}: not below {folder}; copy the picture there first") from error


def _query_line(query: Query) -> Mapping[str, object]:
    return {"_id": query.id, "text": query.text, "metadata": {}}
