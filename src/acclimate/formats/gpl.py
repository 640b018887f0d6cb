"""The files that the reference GPL code (UKPLab/gpl) writes and reads, as they are.

Its own program can go on from a folder written here, and Acclimate from one of its.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.files import atomic_write, read_lines
from acclimate.formats.jsonl import read_jsonl
from acclimate.formats.rows import Row, checked_id
from acclimate.formats.trec import read_qrels, write_beir_qrels
from acclimate.types import GeneratedQuery, Judgment, Margin, Mined

HARD_NEGATIVES = "hard-negatives.jsonl"
TRAINING_DATA = "gpl-training-data.tsv"
_RECIPE = '{"qid": "...", "pos": ["..."], "neg": {"retriever": ["..."]}}'


def write_generated(folder: Path, queries: Iterable[GeneratedQuery], prefix: str = "qgen") -> None:
    """Write PREFIX-queries.jsonl and PREFIX-qrels/train.tsv.

    The style of a query goes with its metadata, which other readers pass over.
    """
    rows = list(queries)
    seen: set[str] = set()
    path = folder / f"{prefix}-queries.jsonl"
    with atomic_write(path) as handle:
        for row in rows:
            if row.id in seen:  # generated for several passages: written once, judged for each
                continue
            seen.add(checked_id(row.id, str(path)))
            metadata = {"style": row.style} if row.style else {}
            line = {"_id": row.id, "text": row.text, "metadata": metadata}
            handle.write(json.dumps(line, ensure_ascii=False) + "\n")
    pairs = (Judgment(row.id, row.passage_id, 1) for row in rows)
    write_beir_qrels(folder / f"{prefix}-qrels" / "train.tsv", pairs)


def read_generated(folder: Path, prefix: str = "qgen") -> Iterator[GeneratedQuery]:
    """Generated queries with their passages; a query of several passages comes once for each."""
    qrels = folder / f"{prefix}-qrels" / "train.tsv"
    passages: dict[str, list[str]] = {}
    for _, judgment in read_qrels(qrels):
        passages.setdefault(judgment.query_id, []).append(judgment.passage_id)
    for row in read_jsonl(folder / f"{prefix}-queries.jsonl"):
        query_id, text = checked_id(row.fields.get("_id"), row.place), row.fields.get("text")
        if not isinstance(text, str):
            raise InputError(f"{row.place}: 'text' is {text!r}, no text; write the query there")
        if query_id not in passages:
            raise InputError(f"{row.place}: {query_id!r} has no passage in {qrels}; add its line")
        for passage_id in passages[query_id]:
            yield GeneratedQuery(query_id, text, passage_id, _style(row))


def write_mined(folder: Path, rows: Iterable[Mined]) -> None:
    """Write hard-negatives.jsonl."""
    with atomic_write(folder / HARD_NEGATIVES) as handle:
        for row in rows:
            negatives = {name: list(found) for name, found in row.negatives.items()}
            line = {"qid": row.query_id, "pos": [row.positive_id], "neg": negatives}
            handle.write(json.dumps(line, ensure_ascii=False) + "\n")


def read_mined(folder: Path) -> Iterator[Mined]:
    """The rows of hard-negatives.jsonl; a query of several positives comes once for each."""
    for row in read_jsonl(folder / HARD_NEGATIVES):
        query_id = checked_id(row.fields.get("qid"), row.place)
        found = row.fields.get("neg")
        if not isinstance(found, dict):
            raise InputError(f"{row.place}: 'neg' is {found!r}; a row looks like {_RECIPE}")
        negatives = {name: _ids(value, row.place) for name, value in found.items()}
        for positive in _ids(row.fields.get("pos"), row.place):
            yield Mined(query_id, positive, negatives)


def write_margins(folder: Path, rows: Iterable[Margin]) -> None:
    """Write gpl-training-data.tsv: query, positive, negative, margin, without a header."""
    path = folder / TRAINING_DATA
    with atomic_write(path) as handle:
        for row in rows:
            ids = (row.query_id, row.positive_id, row.negative_id)
            columns = [checked_id(value, str(path)) for value in ids]
            handle.write("\t".join([*columns, repr(float(row.value))]) + "\n")


def read_margins(folder: Path) -> Iterator[Margin]:
    """The rows of gpl-training-data.tsv."""
    path = folder / TRAINING_DATA
    for number, line in enumerate(read_lines(path), 1):
        place = f"{path}:{number}"
        columns = line.rstrip("\r\n").split("\t")
        if not line.strip():
            continue
        if len(columns) != 4:
            raise InputError(
                f"{place}: {len(columns)} columns ({line.strip()[:60]!r}); training data has four, "
                "parted by tabs: query, positive, negative, margin"
            )
        query, positive, negative = (checked_id(value, place) for value in columns[:3])
        yield Margin(query, positive, negative, _margin(columns[3], place))


def _style(row: Row) -> str:
    metadata = row.fields.get("metadata")
    style = metadata.get("style", "") if isinstance(metadata, dict) else ""
    return style if isinstance(style, str) else ""


def _ids(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError(f"{place}: {value!r} is no list of ids; a row looks like {_RECIPE}")
    return tuple(checked_id(item, place) for item in value)


def _margin(value: str, place: str) -> float:
    try:
        margin = float(value)
    except ValueError:
        margin = math.nan
    if not math.isfinite(margin):
        raise InputError(f"{place}: the margin {value!r} is no finite number; label the row again")
    return margin
