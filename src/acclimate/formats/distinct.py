"""Every id once: exact repetitions are passed over, two things under one id are refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from acclimate.errors import InputError
from acclimate.formats.readreport import Placed, Reason, Tally
from acclimate.types import Judgment, Passage, Query


def distinct_passages(rows: Iterable[Placed[Passage]], tally: Tally) -> Iterator[Passage]:
    """Passages that hold something, each id once.

    Only two hashes a passage are remembered, about 120 MB for a million passages. Two of ten
    million ids fall on one 64-bit hash with a chance of three in a million.
    """
    seen: dict[int, int] = {}
    for place, passage in rows:
        if not (passage.text.strip() or passage.title.strip() or passage.image):
            tally.skip(Reason.EMPTY_PASSAGE, place)
            continue
        key, content = hash(passage.id), hash((passage.title, passage.text, passage.image))
        if key not in seen:
            seen[key] = content
            yield passage
        elif seen[key] == content:
            tally.skip(Reason.REPEATED_PASSAGE, place)
        else:
            raise _twice(place, passage.id)


def distinct_queries(rows: Iterable[Placed[Query]], tally: Tally) -> Iterator[Placed[Query]]:
    """Queries that hold something, each id once."""
    seen: dict[str, str] = {}
    for place, query in rows:
        if not query.text.strip():
            tally.skip(Reason.EMPTY_QUERY, place)
        elif query.id not in seen:
            seen[query.id] = query.text
            yield Placed(place, query)
        elif seen[query.id] == query.text:
            tally.skip(Reason.REPEATED_QUERY, place)
        else:
            raise _twice(place, query.id)


def distinct_judgments(
    rows: Iterable[Placed[Judgment]], tally: Tally
) -> Iterator[Placed[Judgment]]:
    """Judgments, each pair of query and passage once."""
    seen: dict[tuple[str, str], int] = {}
    for place, row in rows:
        pair = (row.query_id, row.passage_id)
        if pair not in seen:
            seen[pair] = row.grade
            yield Placed(place, row)
        elif seen[pair] == row.grade:
            tally.skip(Reason.REPEATED_JUDGMENT, place)
        else:
            raise InputError(
                f"{place}: {pair} is judged {row.grade} here and {seen[pair]} before; "
                "remove one of the two lines"
            )


def _twice(place: str, row_id: str) -> InputError:
    return InputError(
        f"{place}: the id {row_id!r} came before with other contents; give each its own id"
    )
