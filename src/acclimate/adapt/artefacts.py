"""The files of the reference GPL code, taken up at the matching stage and given out again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from acclimate.adapt.finished import stored_rows
from acclimate.adapt.label import Labelled
from acclimate.adapt.result import LABELS, NEGATIVES, QUERIES
from acclimate.adapt.tools import Tools
from acclimate.errors import InputError
from acclimate.formats import gpl
from acclimate.formats.files import read_bytes
from acclimate.rowfile import RowT
from acclimate.runs import Rows, Shard, key_of
from acclimate.types import GeneratedQuery, Mined

SHARD = 4096


@dataclass(frozen=True, slots=True)
class Imported:
    """What a folder of the GPL code's files offers; a later stage makes the ones before it."""

    queries: Rows[GeneratedQuery]
    mined: Rows[Mined] | None
    labelled: Sequence[Labelled]


def brought(folder: Path) -> tuple[str, ...]:
    """What a folder of the GPL code's files brings. Raises InputError where it has no queries."""
    if not (folder / "qgen-queries.jsonl").exists():
        raise InputError(f"{folder}: no qgen-queries.jsonl in it; name the GPL code's data folder")
    if (folder / gpl.TRAINING_DATA).exists():
        return QUERIES, NEGATIVES, LABELS
    return (QUERIES, NEGATIVES) if (folder / gpl.HARD_NEGATIVES).exists() else (QUERIES,)


def import_artefacts(tools: Tools, folder: Path) -> Imported:
    """Read qgen-queries.jsonl and, where they are there, the mined negatives and the margins.

    Raises InputError for ids that are not in the corpus or not among the queries.
    """
    offered = brought(folder)
    known = tools.rows

    def queries() -> Iterator[GeneratedQuery]:
        for row in gpl.read_generated(folder):
            _check(row.passage_id, known, folder / "qgen-qrels/train.tsv")
            yield row

    asking = [folder / "qgen-queries.jsonl", folder / "qgen-qrels/train.tsv"]
    written = _copy(tools, "imported-queries", GeneratedQuery, queries, asking)
    asked = {query.id: query.passage_id for query in written}
    if LABELS in offered:
        labelled = list(_labelled(folder, asked, known))
        rows = [Mined(each.query_id, each.passage_ids[0], {"imported": each.passage_ids[1:]})
                for each in labelled]  # fmt: skip
        files = [*asking, folder / gpl.TRAINING_DATA]
        copied = _copy(tools, "imported-mined", Mined, lambda: iter(rows), files)
        return Imported(written, copied, labelled)
    if NEGATIVES not in offered:
        return Imported(written, None, ())

    def mined() -> Iterator[Mined]:
        path = folder / gpl.HARD_NEGATIVES
        for row in gpl.read_mined(folder):
            _check(row.query_id, asked, path)
            for passage_id in (
                row.positive_id,
                *(p for ids in row.negatives.values() for p in ids),
            ):
                _check(passage_id, known, path)
            usable = _usable(row, tools.passages.duplicates)
            if any(usable.negatives.values()):
                yield usable

    files = [*asking, folder / gpl.HARD_NEGATIVES]
    return Imported(written, _copy(tools, "imported-mined", Mined, mined, files), ())


def _usable(row: Mined, duplicates: Mapping[str, frozenset[str]]) -> Mined:
    """Without the positive and its copies among the negatives: the GPL code knows no copies."""
    own = duplicates.get(row.positive_id, frozenset((row.positive_id,)))
    negatives = {
        name: tuple(passage_id for passage_id in ids if passage_id not in own)
        for name, ids in row.negatives.items()
    }
    return replace(row, negatives=negatives)


def _copy(
    tools: Tools,
    name: str,
    kind: type[RowT],
    rows: Callable[[], Iterator[RowT]],
    files: Sequence[Path],
) -> Rows[RowT]:
    """Keep imported rows in the run folder, under a hash of the files that they come from."""
    digest = [hashlib.sha256(read_bytes(path)).hexdigest() for path in files]
    key = key_of(name, digest, tools.passages.fingerprint)

    def work(number: int, taken: list[RowT]) -> Shard[RowT]:
        del number
        return Shard(taken, {})

    return tools.run.stage(name, kind, work, rows(), key, SHARD)


def _labelled(folder: Path, asked: dict[str, str], known: dict[str, int]) -> Iterator[Labelled]:
    """Margins grouped by query; the positive stands at 0, so that differences are the margins."""
    path = folder / gpl.TRAINING_DATA
    # The GPL code writes one row a training step, so that a pair may come more than once.
    margins = sorted(
        {
            (m.query_id, m.positive_id, m.negative_id): m.value for m in gpl.read_margins(folder)
        }.items()
    )
    for (query_id, positive_id), rows in groupby(margins, key=lambda item: item[0][:2]):
        _check(query_id, asked, path)
        group = list(rows)
        ids = (positive_id, *(key[2] for key, _ in group))
        for passage_id in ids:
            _check(passage_id, known, path)
        values = np.array([0.0, *(-value for _, value in group)], dtype=np.float32)
        yield Labelled(query_id, ids, values)


def _check(wanted: str, known: Mapping[str, object], path: Path) -> None:
    if wanted not in known:
        raise InputError(
            f"{path}: {wanted!r} is neither in this corpus nor among these queries; "
            "import the files into the corpus that they were made for"
        )


def export_run(run_folder: Path, target: Path) -> list[Path]:
    """Write the GPL code's four files from a finished run; returns what was written."""
    rows = stored_rows(run_folder)
    gpl.write_generated(target, rows.queries)
    gpl.write_mined(target, rows.mined)
    written = [target / "qgen-queries.jsonl", target / "qgen-qrels/train.tsv"]
    written.append(target / gpl.HARD_NEGATIVES)
    if rows.scores:
        gpl.write_margins(target, (margin for row in rows.labelled() for margin in row.margins()))
        written.append(target / gpl.TRAINING_DATA)
    return written
