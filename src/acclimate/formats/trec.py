"""TREC runs (six columns) and judgments (four columns, or BEIR's three)."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from acclimate.errors import InputError
from acclimate.formats.files import atomic_write, read_lines
from acclimate.formats.readreport import Placed
from acclimate.formats.rows import checked_id
from acclimate.ranking import ordered_hits
from acclimate.types import Hit, Judgment

BEIR_HEADER = ("query-id", "corpus-id", "score")
_FIRST_COLUMN = re.compile(r"(query|topic|q)[-_ ]?(id|no)s?|query|topic", re.IGNORECASE)
_BLANKS = re.compile("[ \t]+")


def read_qrels(path: Path) -> Iterator[Placed[Judgment]]:
    """Judgments of a TREC file (query, 0, passage, grade) or a BEIR one (query, passage, grade).

    A header, as BEIR has it, may be there or not.
    """
    for number, line in enumerate(read_lines(path), 1):
        place = f"{path}:{number}"
        columns = _columns(line)
        if not columns or (number == 1 and _is_header(columns)):
            continue
        if len(columns) not in (3, 4):
            raise InputError(
                f"{place}: {len(columns)} columns ({line.strip()[:60]!r}); judgments have three, "
                "parted by tabs (query-id, corpus-id, score), or TREC's four (query, 0, id, grade)"
            )
        if len(columns) == 3:
            columns = [_unquoted(column) for column in columns]
        query, passage = checked_id(columns[0], place), checked_id(columns[-2], place)
        yield Placed(place, Judgment(query, passage, _grade(columns[-1], place)))


def write_beir_qrels(path: Path, judgments: Iterable[Judgment]) -> None:
    """Write judgments as BEIR keeps them: a header and three columns parted by tabs."""
    with atomic_write(path) as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(BEIR_HEADER)
        for row in judgments:
            query, passage = _written_id(row.query_id, path), _written_id(row.passage_id, path)
            writer.writerow((query, passage, row.grade))


def write_trec_qrels(path: Path, judgments: Iterable[Judgment]) -> None:
    """Write judgments as trec_eval reads them: query, 0, passage, grade."""
    with atomic_write(path) as handle:
        for row in judgments:
            handle.write(_line(path, row.query_id, "0", row.passage_id, str(row.grade)))


def read_run(path: Path) -> dict[str, list[Hit]]:
    """The hits of each query of a TREC run, best first; the file's own ranks are not trusted."""
    hits: dict[str, dict[str, Hit]] = {}
    for number, line in enumerate(read_lines(path), 1):
        place = f"{path}:{number}"
        columns = _columns(line)
        if not columns:
            continue
        if len(columns) != 6:
            raise InputError(
                f"{place}: {len(columns)} columns ({line.strip()[:60]!r}); a TREC run has six: "
                "query, Q0, passage, rank, score, tag"
            )
        query, passage = checked_id(columns[0], place), checked_id(columns[2], place)
        found = hits.setdefault(query, {})
        if passage in found:
            raise InputError(f"{place}: {passage!r} is twice in the ranking of {query!r}; drop one")
        found[passage] = Hit(passage, _score(columns[4], place))
    return {query: ordered_hits(found.values()) for query, found in hits.items()}


def write_run(path: Path, hits: Mapping[str, Sequence[Hit]], tag: str = "acclimate") -> None:
    """Write a TREC run, each query's hits best first and equal scores in order of their ids."""
    with atomic_write(path) as handle:
        for query, found in hits.items():
            for rank, hit in enumerate(ordered_hits(found), 1):
                score = repr(_score(str(hit.score), f"{path} ({query}, {hit.passage_id})"))
                handle.write(_line(path, query, "Q0", hit.passage_id, str(rank), score, tag))


def _columns(line: str) -> list[str]:
    line = line.rstrip("\r\n")
    if not line.strip():
        return []
    return line.split("\t") if "\t" in line else _BLANKS.split(line.strip(" "))


def _unquoted(column: str) -> str:
    """BEIR writes and reads its files with the csv module, which quotes ids that hold quotes."""
    if len(column) > 1 and column[0] == column[-1] == '"':
        return column[1:-1].replace('""', '"')
    return column


def _line(path: Path, query: str, second: str, passage: str, *rest: str) -> str:
    columns = (_written_id(query, path), second, _written_id(passage, path), *rest)
    # Any blank parts columns; only an id that holds a space itself forces tabs.
    blank = "\t" if any(_BLANKS.search(column) for column in columns) else " "
    return blank.join(columns) + "\n"


def _is_header(columns: list[str]) -> bool:
    return bool(_FIRST_COLUMN.fullmatch(columns[0].strip())) and not _is_whole(columns[-1])


def _is_whole(value: str) -> bool:
    try:
        int(value)
    except ValueError:
        return False
    return True


def _grade(value: str, place: str) -> int:
    if not _is_whole(value):
        raise InputError(f"{place}: the grade {value!r} is no whole number; write 0, 1, 2 ...")
    return int(value)


def _score(value: str, place: str) -> float:
    try:
        score = float(value)
    except ValueError:
        score = math.nan
    if math.isnan(score):
        raise InputError(f"{place}: the score {value!r} is no number; write a decimal number")
    return score


def _written_id(value: str, path: Path) -> str:
    return checked_id(value, str(path))
