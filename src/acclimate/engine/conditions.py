"""Filters as SQL. Values travel as parameters; the SQL holds nothing that a user wrote."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from acclimate.engine.facts import OWN
from acclimate.engine.filters import (
    And,
    Comparison,
    Condition,
    Not,
    Or,
    Present,
    fields_of,
    parse_filter,
)
from acclimate.errors import UsageError
from acclimate.types import Scalar

_SHOWN_FIELDS = 20


class Clause(NamedTuple):
    """A piece of SQL with a `?` for each parameter; it is true or false, never null."""

    sql: str
    parameters: tuple[Scalar, ...] = ()


class _Views(NamedTuple):
    """The SQL of one value's text, number and truth."""

    text: str
    number: str
    truth: str


_AMONG_FACTS = (
    "p.number IN (SELECT f.passage FROM facts f WHERE f.field ="
    " (SELECT n.number FROM fields n WHERE n.name = ?) AND {test})"
)
_FACT = _Views("f.text", "f.number", "f.truth")


def clause_of(where: str, database: sqlite3.Connection) -> Clause:
    """The condition on `passages p` that a filter says, over fields that some passage has."""
    condition = parse_filter(where)
    _check_fields(sorted(fields_of(condition)), database)
    return compiled(condition)


def compiled(condition: Condition) -> Clause:
    """A condition on `passages p`; see schema.py for the tables."""
    match condition:
        case Not():
            inner = compiled(condition.inner)
            return Clause(f"NOT {inner.sql}", inner.parameters)
        case And():
            return _joined(" AND ", [compiled(part) for part in condition.parts])
        case Or():
            return _joined(" OR ", [compiled(part) for part in condition.parts])
        case Present():
            return _about(condition.field, {view: Clause("1") for view in _all_views(condition)})
        case Comparison():
            tests = {view: _test(condition, view) for view in _all_views(condition)}
            return _about(condition.field, tests)


def field_counts(database: sqlite3.Connection) -> dict[str, int]:
    """The names of metadata fields, with how many passages have each."""
    return dict(
        database.execute(
            "SELECT n.name, COUNT(*) FROM facts f JOIN fields n ON n.number = f.field"
            " JOIN passages p ON p.number = f.passage WHERE p.died IS NULL"
            " GROUP BY n.number ORDER BY n.name"
        )
    )


def _all_views(condition: Comparison | Present) -> list[_Views]:
    return [_own(condition.field), _FACT] if condition.field in OWN else [_FACT]


def _own(field: str) -> _Views:
    # Not the user's word: OWN holds it, letter for letter.
    column = f"p.{OWN[OWN.index(field)]}"
    return _Views(column, f"number_of({column})", f"truth_of({column})")


def _about(field: str, tests: dict[_Views, Clause]) -> Clause:
    """One test of a field, wherever its value stands: a column of its own, or among the facts."""
    found = []
    for views, test in tests.items():
        if views is _FACT:
            found.append(Clause(_AMONG_FACTS.format(test=test.sql), (field, *test.parameters)))
        else:
            own = f"({views.text} <> '' AND COALESCE({test.sql}, 0))"
            found.append(Clause(own, test.parameters))
    return _joined(" OR ", found)


def _test(comparison: Comparison, views: _Views) -> Clause:
    """The comparison of one value, null where the two cannot be compared."""
    values = comparison.values
    if comparison.operator == "contains":
        return Clause(f"holds({views.text}, ?)", (str(values[0]).casefold(),))
    if comparison.operator not in ("=", "!="):
        view = _view(views, values[0])
        return Clause(f"{view} {comparison.operator} ?", values)
    one_of, join = ("IN", " OR ") if comparison.operator == "=" else ("NOT IN", " AND ")
    groups: dict[str, list[Scalar]] = {}
    for value in values:
        groups.setdefault(_view(views, value), []).append(value)
    return _joined(
        join,
        [
            Clause(f"{view} {one_of} ({', '.join('?' * len(group))})", tuple(group))
            for view, group in groups.items()
        ],
    )


def _view(views: _Views, value: Scalar) -> str:
    """What of a field's value is compared with this one."""
    if isinstance(value, bool):
        return views.truth
    return views.text if isinstance(value, str) else views.number


def _joined(word: str, clauses: Sequence[Clause]) -> Clause:
    sql = word.join(clause.sql for clause in clauses)
    return Clause(f"({sql})", tuple(value for clause in clauses for value in clause.parameters))


def _check_fields(fields: Sequence[str], database: sqlite3.Connection) -> None:
    unknown = [name for name in fields if name not in OWN and not _is_used(name, database)]
    if not unknown or database.execute("SELECT NOT EXISTS (SELECT * FROM segments)").fetchone()[0]:
        return  # an empty index knows no field, and finds nothing anyway
    counts = field_counts(database)
    near = get_close_matches(unknown[0], [*OWN, *counts], n=1)
    common = sorted(counts, key=lambda name: (-counts[name], name))[:_SHOWN_FIELDS]
    known = ", ".join([*OWN, *(f"{name} ({_passages(counts[name])})" for name in common)])
    guess = f"did you mean {near[0]!r}? " if near else ""
    raise UsageError(
        f"where: no passage has a field {unknown[0]!r}; {guess}filter by one of {known}"
        + (", ..." if len(counts) > len(common) else "")
    )


def _passages(count: int) -> str:
    return "1 passage" if count == 1 else f"{count} passages"


def _is_used(field: str, database: sqlite3.Connection) -> bool:
    query = (
        "SELECT EXISTS (SELECT * FROM fields n JOIN facts f ON f.field = n.number"
        " JOIN passages p ON p.number = f.passage WHERE n.name = ? AND p.died IS NULL)"
    )
    return bool(database.execute(query, (field,)).fetchone()[0])
