"""The filter language: what it matches, by a second reading of its rules, and what it refuses."""

from __future__ import annotations

import operator
import re
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wordkind import FAST, WordKind

from acclimate.engine.filters import (
    MAX_COMPARISONS,
    MAX_DEPTH,
    MAX_LENGTH,
    And,
    Comparison,
    Condition,
    Not,
    Or,
    Present,
    parse_filter,
)
from acclimate.engine.settings import IndexSettings
from acclimate.engine.snapshot import Snapshot
from acclimate.engine.writer import Writer
from acclimate.errors import UsageError
from acclimate.types import Passage, Scalar


def opened(folder: Path, passages: Sequence[Passage]) -> Snapshot:
    kinds = [WordKind()]
    Writer.create(folder, IndexSettings(), kinds, passages)
    return Snapshot.open(folder, kinds)


def found(snapshot: Snapshot, where: str) -> set[str]:
    return set(snapshot.ids(snapshot.allowed(where).nonzero()[0]))


# The reference: the rules of engine/filters.py, read once more, in plain Python.


def value_of(passage: Passage, field: str) -> Scalar | None:
    own = getattr(passage, field) if field in ("id", "title", "document_id", "place") else ""
    return own or passage.metadata.get(field)


def as_number(value: Scalar) -> Fraction | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not set(text) <= set("0123456789+-.eE"):
            return None
        try:
            value = int(text) if text.lstrip("+-").isdigit() else float(text)
        except ValueError:
            return None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        value = float(value)
    return Fraction(value) if abs(value) != float("inf") else None


def as_truth(value: Scalar) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def as_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compares(value: Scalar, sign: str, literal: Scalar) -> bool:
    if isinstance(literal, bool):
        view: Callable[[Scalar], Any] = as_truth
    else:
        view = as_text if isinstance(literal, str) else as_number
    return view(value) is not None and OPERATORS[sign](view(value), view(literal))


def matches(passage: Passage, condition: Condition) -> bool:
    match condition:
        case Not():
            return not matches(passage, condition.inner)
        case And():
            return all(matches(passage, part) for part in condition.parts)
        case Or():
            return any(matches(passage, part) for part in condition.parts)
    value = value_of(passage, condition.field)
    if value is None or isinstance(condition, Present):
        return value is not None
    if condition.operator == "contains":
        return str(condition.values[0]).casefold() in as_text(value).casefold()
    decide = all if condition.operator == "!=" else any
    return decide(compares(value, condition.operator, literal) for literal in condition.values)


# Conditions, and how they are written.

FIELDS = ("year", "topic", "Topic", "x.y-z", "ключ", "a b", "in", "na`me", "", "'; DROP TABLE p;--")
OWN = ("id", "title", "document_id", "place")

texts = st.sampled_from(
    ("", "law", "Law", "2020", " 2020 ", "2e3", "-1", "true", "FALSE", "1_0", "inf", "ß", "SS", "'")
) | st.text(max_size=4)
numbers = (
    st.integers(-3, 3)
    | st.sampled_from((2020, 2020.0, 0.5, 2**53, 2**53 + 1, 2**63 - 1))
    | st.floats(allow_nan=False, allow_infinity=False)
)
scalars = texts | numbers | st.booleans()
names = st.sampled_from(FIELDS + OWN)

comparisons = st.one_of(
    st.builds(Comparison, names, st.sampled_from(("=", "!=")), st.tuples(scalars)),
    st.builds(Comparison, names, st.sampled_from(tuple(OPERATORS)), st.tuples(texts | numbers)),
    st.builds(
        Comparison,
        names,
        st.sampled_from(("=", "!=")),
        st.lists(scalars, min_size=2, max_size=4).map(tuple),
    ),
    st.builds(Comparison, names, st.just("contains"), st.tuples(texts)),
    st.builds(Present, names),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


def written(condition: Condition) -> str:
    match condition:
        case Not():
            return f"not ({written(condition.inner)})"
        case And():
            return " AND ".join(f"({written(part)})" for part in condition.parts)
        case Or():
            return " or ".join(f"({written(part)})" for part in condition.parts)
    name = f"`{condition.field.replace('`', '``')}`"
    if isinstance(condition, Present):
        return f"{name} is not null"
    values = [literal(value) for value in condition.values]
    if len(values) == 1:
        return f"{name} {condition.operator} {values[0]}"
    return f"{name} {'in' if condition.operator == '=' else 'NOT IN'} ({','.join(values)})"


def literal(value: Scalar) -> str:
    if isinstance(value, str):
        quote = '"' if "'" in value else "'"
        return f"{quote}{value.replace(quote, quote * 2)}{quote}"
    return as_text(value)


@st.composite
def collections(draw: st.DrawFn) -> list[Passage]:
    """Passages, of which one has every field, so that every field can be asked for."""
    metadata = st.dictionaries(st.sampled_from(FIELDS + OWN[1:]), scalars, max_size=5)
    own = st.sampled_from(("", "", "Law", "7"))
    several = [
        Passage(str(n), "text", draw(own), draw(own), draw(own), draw(metadata)) for n in range(5)
    ]
    return [*several, Passage("all", "text", metadata=dict.fromkeys(FIELDS, "law"))]


@given(collections(), st.lists(conditions, min_size=1, max_size=16))
def test_filter_matches_what_its_rules_say(passages: list[Passage], asked: list[Condition]) -> None:
    with tempfile.TemporaryDirectory(dir=FAST) as folder:
        snapshot = opened(Path(folder) / "index", passages)
        for condition in asked:
            expected = {passage.id for passage in passages if matches(passage, condition)}
            assert found(snapshot, written(condition)) == expected, written(condition)
        snapshot.close()


@given(conditions)
def test_what_is_written_is_read_as_it_was_meant(condition: Condition) -> None:
    assert parse_filter(written(condition)) == condition


PASSAGES = [
    Passage("a", "", "On law", "d1", "page 2", {"year": 2019, "topic": "x", "lang": "de"}),
    Passage("b", "", "LAWS", "d1", "", {"year": "2020", "topic": "y", "open": True}),
    Passage("c", "", "", "d2", "", {"year": "unknown", "lang": "it", "open": "False"}),
    Passage("d", "", "", "", "", {"note": "it's", "place": "Rome"}),
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return opened(tmp_path_factory.mktemp("filters") / "index", PASSAGES)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("year >= 2020", "b"),
        ("year != 2020", "a"),
        ("year != '2020'", "ac"),
        ("year >= '2020'", "bc"),
        ("not year >= 2020", "acd"),
        ("year is null", "d"),
        ("year IS NOT NULL and lang NOT IN ('de', 'fr')", "c"),
        ("not lang in ('de', 'fr')", "bcd"),
        ("topic = 'x' or topic = 'y' and year = 1", "a"),
        ("(topic = 'x' or topic = 'y') and year = 2020", "b"),
        ("title contains 'law'", "ab"),
        ("open = true", "b"),
        ("open != true", "c"),
        ("open contains 'ru'", "b"),
        ("year in (2019, 'unknown')", "ac"),
        ("note = 'it''s' or note = \"it's\"", "d"),
        ("document_id = 'd1' and id > 'a'", "b"),
        ("place = 'page 2'", "a"),
        ("place = 'Rome'", "d"),
        ("place is null", "bc"),
        ("  ", "abcd"),
    ],
)
def test_filter_by_example(snapshot: Snapshot, where: str, expected: str) -> None:
    assert found(snapshot, where) == set(expected)


@pytest.mark.parametrize(
    "where",
    [
        "topic = 'x'' OR 1=1 --'",
        "topic = 'x'') OR (1=1'",
        "`topic' OR 1=1 --` is null or topic = '?'",
        "topic in ('x''; DROP TABLE passages; --')",
        "title contains '%'",
        "title contains '_'",
        "topic = '\0x'",
    ],
)
def test_nothing_in_a_filter_becomes_sql(tmp_path: Path, where: str) -> None:
    named = Passage("named", "", metadata={"topic' OR 1=1 --": 1, "topic": "q"})
    snapshot = opened(tmp_path / "index", [*PASSAGES, named])
    everything = {"a", "b", "c", "d"} if "is null" in where else set()
    assert found(snapshot, where) == everything
    assert snapshot.count == 5


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("year == 2020", "character 6: '==' is no operator; write ="),
        ("year <> 2020", "character 6: '<>' is no operator; write !="),
        ("a = 1 && b = 2", "character 7: '&&' is no operator; write and"),
        ("topic = law", "character 9: law is neither a number nor a quoted text; write 'law'"),
        ("day = 2020-01-02", "character 7: 2020-01-02 is neither .*; write '2020-01-02'"),
        ("'law' = topic", "character 1: 'law' stands where a field's name should"),
        ("topic = null", "character 9: 'null' .* write is null or is not null"),
        ("topic in ()", "character 11: '\\)' stands where a value should"),
        ("topic in 'x'", "character 10: 'x' stands after in; write a list"),
        ("topic in ('x' 'y')", "character 15: 'y' stands within a list"),
        ("topic not contains 'x'", "character 11: .* put not before the field's name"),
        ("topic contains 3", "character 16: '3' stands after contains; write a quoted text"),
        ("topic = 'it's'", 'character 14: "\'" is never closed'),
        ("topic like 'x'", "character 7: like stands where a comparison of 'topic' should"),
        ("topic is 3", "character 10: '3' stands after is"),
        ("(topic = 'x'", "character 13: the end stands where the \\( of character 1 needs"),
        ("topic = 'x')", "character 12: '\\)' does not continue the condition"),
        ("topic = 'x' lang = 'y'", "character 13: lang does not continue the condition"),
        ("topic", "character 6: the end stands where a comparison"),
        ("not", "character 4: the end stands where a field's name should"),
        ("open < true", "character 8: 'true' cannot be ordered by <"),
        ("year = 1e999", "character 8: 1e999 is too large"),
        ("topic = x;", "character 10: ';' means nothing here"),
        ("topic = '\ud800'", "character 9: half a character"),
        ("(" * (MAX_DEPTH + 1) + "a = 1", f"character {MAX_DEPTH + 1}: .*deeper than {MAX_DEPTH}"),
        ("not " * (MAX_DEPTH + 1) + "a = 1", f"nests deeper than {MAX_DEPTH}"),
        (" or ".join(["a = 1"] * (MAX_COMPARISONS + 1)), f"is comparison {MAX_COMPARISONS + 1}"),
        ("a = '" + "x" * MAX_LENGTH + "'", f"at most {MAX_LENGTH}"),
    ],
)
def test_refusal_gives_place_token_and_remedy(where: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"^where.*{message}"):
        parse_filter(where)


def test_longest_filters_that_are_allowed_are_answered(snapshot: Snapshot) -> None:
    deepest = "not (" * (MAX_DEPTH // 2) + "year = 2020" + ")" * (MAX_DEPTH // 2)
    assert found(snapshot, deepest) == {"b"}
    longest = "(" * MAX_DEPTH + " or ".join(["title != 'q'"] * MAX_COMPARISONS) + ")" * MAX_DEPTH
    assert found(snapshot, longest) == {"a", "b"}
    assert found(snapshot, f"year in ({','.join(map(str, range(1000, 2600)))})") == {"a", "b"}


def test_field_that_no_passage_has_is_refused_with_those_that_there_are(
    snapshot: Snapshot,
) -> None:
    known = "id, title, document_id, place, year (3 passages), lang (2 passages)"
    with pytest.raises(UsageError, match=f"no passage has a field 'yaer'; .*{re.escape(known)}"):
        snapshot.allowed("topic = 'x' and yaer = 2020")
    with pytest.raises(UsageError, match=r"note \(1 passage\)"):
        snapshot.allowed("yaer = 2020")
    with pytest.raises(UsageError, match="did you mean 'year'"):
        snapshot.allowed("yaer is null")
    assert snapshot.fields() == {"lang": 2, "note": 1, "open": 2, "place": 1, "topic": 2, "year": 3}


def test_a_mask_is_made_once_and_cannot_be_changed(snapshot: Snapshot) -> None:
    mask = snapshot.allowed("year = 2020")
    assert snapshot.allowed("year = 2020") is mask
    with pytest.raises(ValueError, match="read-only"):
        mask[0] = True


def test_examples_of_the_documentation_are_filters() -> None:
    page = Path(__file__).parents[2] / "docs" / "index-folder.md"
    examples = page.read_text(encoding="utf-8").split("```")[1].strip().splitlines()
    assert len(examples) > 3
    for example in examples:
        parse_filter(example)
