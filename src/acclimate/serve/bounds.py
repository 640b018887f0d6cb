"""The limits of a request's values: one table, from which they are checked and documented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from acclimate.serve.errors import BadValue
from acclimate.serve.settings import Limits

#: By field, what may stand in it; besides, it may be empty.
Choices = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that a field may be: its length or its value, as JSON Schema's `keyword` says."""

    field: str
    keyword: str
    most: float

    def check(self, value: Any, place: str) -> None:
        """Raises BadValue for a value beyond the bound."""
        size = value if self.keyword == "maximum" else len(value)
        if size > self.most:
            what = {"maxLength": " characters", "maxItems": " entries", "maxProperties": " fields"}
            unit = what.get(self.keyword, "")
            raise BadValue(f"{size:,}{unit}; at most {self.most:,}{unit} here", place)


def bounds(limits: Limits) -> dict[str, Bound]:
    """The bounds by field; a field means the same wherever it stands."""
    every = (
        Bound("query", "maxLength", limits.query_characters),
        Bound("q", "maxLength", limits.query_characters),
        Bound("k", "maximum", limits.k),
        Bound("rerank_top", "maximum", limits.rerank_top),
        Bound("explain_ids", "maxItems", limits.explained_k),
        Bound("where", "maxLength", limits.where_characters),
        Bound("documents", "maxItems", limits.documents),
        Bound("id", "maxLength", limits.id_characters),
        Bound("metadata", "maxProperties", limits.metadata_fields),
    )
    return {each.field: each for each in every}


def check(known: dict[str, Bound], value: Any, path: str = "") -> None:
    """Check every field of a request, those of the records within it too."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            check(known, item, f"{path}[{number}]")
        return
    if not isinstance(value, BaseModel):
        return
    for name in type(value).model_fields:
        inner, place = getattr(value, name), f"{path}.{name}" if path else name
        if name in known:
            known[name].check(inner, place)
        if isinstance(inner, list):
            check(known, inner, place)


def document(schema: dict[str, Any], known: dict[str, Bound], choices: Choices) -> None:
    """Write the bounds, and what can be chosen from, into an OpenAPI document."""
    for name, field in _fields(schema):
        if name in known:
            field[known[name].keyword] = known[name].most
        if name in choices:
            field["enum"] = ["", *choices[name]]


def _fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The fields of every request: of bodies, and parameters."""
    for name, part in schema["components"]["schemas"].items():
        if name.endswith("Body"):
            yield from part["properties"].items()
    for path in schema["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                yield parameter["name"], parameter["schema"]
