"""The filter language: `year >= 2020 and (topic = 'law' or not lang in ('de', 'fr'))`.

A condition is a comparison, `FIELD is null`, `FIELD is not null`, or conditions joined by `and`,
`or`, `not` and parentheses. Comparisons are `= != < <= > >=`, `in (...)`, `not in (...)` and
`contains` (part of the text, in any case). What they mean, exactly:

* A **number** compares with values that are numbers and with texts that say one ("2020"); no
  other value matches.
* A **text**, in single or double quotes (doubled inside, to stand for itself), compares with the
  value's text, by code points: numbers count as they are written, truths as `true` and `false`.
* `true` and `false` compare, by `=` and `!=`, with truths and with texts that say one ("True").
* `x in (a, b)` is `x = a or x = b`; `x not in (a, b)` is `x != a and x != b`.
* A **missing** field matches no comparison, not even `!=` or `not in`, as a null does in SQL.
  Unlike there, `not` is plain negation: `not x = 1` also matches where x is missing.

Fields are metadata keys and the passage's own `id`, `title`, `document_id` and `place` (missing
where empty; then a metadata key of that name counts). Names of letters, digits, `_`, `.` and `-`
stand bare, any other in backticks. Keywords are read in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from acclimate.engine.facts import number_of
from acclimate.errors import UsageError
from acclimate.types import Scalar

#: No filter that a person writes comes near these; they bound what a stranger can ask for.
MAX_LENGTH = 10_000
MAX_DEPTH = 32
MAX_COMPARISONS = 200

ORDERED = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field beside one value, or beside several for `=` (any of them) and `!=` (none)."""

    field: str
    #: "=", "!=", "<", "<=", ">", ">=" or "contains".
    operator: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Present:
    """Matches where the field has a value."""

    field: str


@dataclass(frozen=True, slots=True)
class Not:
    """Matches what `inner` does not."""

    inner: Condition


@dataclass(frozen=True, slots=True)
class And:
    """Matches what every part matches."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Matches what at least one part matches."""

    parts: tuple[Condition, ...]


Condition = Comparison | Present | Not | And | Or


def parse_filter(where: str) -> Condition:
    """The condition that a filter says. Raises UsageError with place, token and remedy."""
    if len(where) > MAX_LENGTH:
        raise UsageError(
            f"where: {len(where)} characters; shorten it to at most {MAX_LENGTH}, "
            "or filter by a field that says the same"
        )
    return _Parser(list(_tokens(where))).whole()


def fields_of(condition: Condition) -> set[str]:
    """The names of the fields that a condition asks about."""
    match condition:
        case Comparison() | Present():
            return {condition.field}
        case Not():
            return fields_of(condition.inner)
        case And() | Or():
            return {name for part in condition.parts for name in fields_of(part)}


class _Token(NamedTuple):
    kind: str  # "text", "number", "name", "word", "operator", "mark" or "end"
    shown: str
    value: Scalar
    at: int  # counted from 1

    def says(self, *words: str) -> bool:
        """Whether it is one of these keywords or marks; quoted ones are none."""
        return self.kind in ("word", "operator", "mark") and self.value in words


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<text>'(?:[^']|'')*' | "(?:[^"]|"")*")
    | (?P<name>`(?:[^`]|``)*`)
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.-]))
    | (?P<word>[\w.-]+)
    | (?P<operator>[=!<>&|]+)
    | (?P<mark>[(),])""",
    re.VERBOSE,
)
_OPERATORS = ("=", "!=", *ORDERED)
_KEYWORDS = ("and", "or", "not", "in", "is", "null", "contains", "true", "false")
_MEANT = {"==": "=", "<>": "!=", "!": "not", "&&": "and", "||": "or", "&": "and", "|": "or"}
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def _tokens(where: str) -> Iterator[_Token]:
    end = 0
    while end < len(where):
        found = _TOKEN.match(where, end)
        if not found:
            raise _unreadable(where, end)
        start, end, kind = end, found.end(), str(found.lastgroup)
        if kind != "space":
            yield _token(kind, found.group(), start + 1)
    yield _Token("end", "the end", "", len(where) + 1)


def _token(kind: str, shown: str, at: int) -> _Token:
    value: Scalar = shown
    if kind in ("text", "name"):
        quote = shown[0]
        value = shown[1:-1].replace(quote * 2, quote)
        if _HALF_PAIR.search(value):
            raise UsageError(f"where, character {at}: half a character in {shown!r}; mend the text")
    elif kind == "number":
        number = number_of(shown)
        if number is None:
            raise UsageError(f"where, character {at}: {shown} is too large; give a smaller number")
        value = number
    elif kind == "word" and shown.lower() in _KEYWORDS:
        value = shown.lower()
    elif kind == "word":
        kind = "name"
    elif kind == "operator" and shown not in _OPERATORS:
        meant = _MEANT.get(shown, f"one of {' '.join(_OPERATORS)}")
        raise UsageError(f"where, character {at}: {shown!r} is no operator; write {meant}")
    return _Token(kind, shown, value, at)


def _unreadable(where: str, start: int) -> UsageError:
    character = where[start]
    if character in "'\"`":
        why = "is never closed; add the closing one, and double those within"
    else:
        why = "means nothing here; quote texts ('...') and put unusual names in backticks"
    return UsageError(f"where, character {start + 1}: {character!r} {why}")


class _Parser:
    """Recursive descent; `or` binds weakest, `not` strongest."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0
        self._comparisons = 0

    def whole(self) -> Condition:
        condition = self._either()
        if self._here.kind != "end":
            raise self._wrong("does not continue the condition; join conditions by and, or")
        return condition

    @property
    def _here(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._here
        self._next += token.kind != "end"
        return token

    def _taken(self, *words: str) -> bool:
        """Go past the next token if it is one of these."""
        found = self._here.says(*words)
        self._next += found
        return found

    def _wrong(self, why: str, token: _Token | None = None) -> UsageError:
        token = token or self._here
        shown = token.shown if token.kind in ("end", "text", "name") else repr(token.shown)
        return UsageError(f"where, character {token.at}: {shown} {why}")

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._taken("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._single()]
        while self._taken("and"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _single(self) -> Condition:
        if not self._here.says("not", "("):
            return self._comparison()
        opening = self._take()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._wrong(f"nests deeper than {MAX_DEPTH}; write it flatter", opening)
        if opening.says("not"):
            condition: Condition = Not(self._single())
        else:
            condition = self._either()
            if not self._taken(")"):
                raise self._wrong(f"stands where the ( of character {opening.at} needs its )")
        self._depth -= 1
        return condition

    def _comparison(self) -> Condition:
        self._comparisons += 1
        if self._comparisons > MAX_COMPARISONS:
            raise self._wrong(f"is comparison {MAX_COMPARISONS + 1}; use in (...) to write fewer")
        field = self._field()
        if self._taken("is"):
            return self._null(field)
        if self._taken("in"):
            return Comparison(field, "=", self._list())
        if self._taken("not"):
            if not self._taken("in"):
                raise self._wrong("stands where in should; else put not before the field's name")
            return Comparison(field, "!=", self._list())
        if self._taken("contains"):
            return Comparison(field, "contains", (self._text(),))
        if self._here.kind != "operator":
            raise self._wrong(
                f"stands where a comparison of {field!r} should; "
                "write one of = != < <= > >= in, not in, contains, is null"
            )
        return self._compared(field, str(self._take().value))

    def _compared(self, field: str, operator: str) -> Comparison:
        literal = self._here
        value = self._literal()
        if operator in ORDERED and isinstance(value, bool):
            raise self._wrong(f"cannot be ordered by {operator}; use = or !=", literal)
        return Comparison(field, operator, (value,))

    def _field(self) -> str:
        token = self._here
        if token.kind != "name":
            raise self._wrong("stands where a field's name should; put odd names in backticks")
        return str(self._take().value)

    def _null(self, field: str) -> Condition:
        negated = self._taken("not")
        if not self._taken("null"):
            raise self._wrong("stands after is; write is null or is not null")
        return Present(field) if negated else Not(Present(field))

    def _list(self) -> tuple[Scalar, ...]:
        if not self._taken("("):
            raise self._wrong("stands after in; write a list, such as ('de', 'fr')")
        values = [self._literal()]
        while self._taken(","):
            values.append(self._literal())
        if not self._taken(")"):
            raise self._wrong("stands within a list; part its values by , and end it with )")
        return tuple(values)

    def _text(self) -> str:
        token = self._here
        if token.kind != "text":
            raise self._wrong("stands after contains; write a quoted text, such as '2020'")
        return str(self._take().value)

    def _literal(self) -> Scalar:
        token = self._here
        if token.says("true", "false"):
            return self._take().value == "true"
        if token.says("null"):
            raise self._wrong("is no value to compare with; write is null or is not null")
        if token.kind == "name":
            raise self._wrong(f"is neither a number nor a quoted text; write '{token.value}'")
        if token.kind not in ("text", "number"):
            raise self._wrong("stands where a value should; write a number or a quoted text")
        return self._take().value
