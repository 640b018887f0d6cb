"""Values of a request that are not what they must be, and what they must be instead.

The remedy is what the service's own OpenAPI document says of the field, its limits included.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from acclimate.serve.answers import field_path
from acclimate.serve.errors import BadRequest, BadValue, ServiceError

Schema = Mapping[str, Any]

#: Where FastAPI says that a value stood; the names that follow are what the client wrote.
_PLACES = ("body", "query", "path", "header")
_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a finite number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_UNITS = {"string": " characters", "array": " entries", "object": " fields"}
_LEAST = ("minimum", "minItems")
_MOST = ("maximum", "maxLength", "maxItems", "maxProperties")
#: Characters of a value that are said again.
_SHOWN = 60


def refusal(request: Request, error: RequestValidationError) -> ServiceError:
    """The first thing that is wrong with a request."""
    first = error.errors()[0]
    place, *parts = first["loc"]
    value, kind = first.get("input"), first["type"]
    if kind == "json_invalid":
        where = f" at character {parts[0]}" if parts else ""
        why = first.get("ctx", {}).get("error", "")
        return BadRequest(f"not JSON{where}: {why}", "body", "send one JSON object")
    if not parts and isinstance(value, bytes):
        # Such a body is not even read as JSON; curl says of its own accord that it is a form.
        remedy = "send the header `Content-Type: application/json`"
        return BadValue("the body is not said to be JSON", "body", remedy)
    if kind == "extra_forbidden":
        known = ", ".join(_schema(request, place, parts[:-1]).get("properties", ()))
        remedy = f"leave it out; the fields are {known}"
        return BadValue("there is no such field", _path(place, parts), remedy)
    # pydantic's mark of a name in an object, after the name; a text is right as a value there.
    if parts[-1:] == ["[key]"] and isinstance(value, str):
        del parts[-2:]
        names = _schema(request, place, parts).get("propertyNames", {})
        remedy = f"give as a name {_wanted({'type': 'string', 'pattern': '', **names})}"
        message = f"the name {_shown(value)} is not taken here"
        return BadValue(message, _path(place, parts), remedy)
    message = "it is missing" if kind == "missing" else f"{_shown(value)} is not taken here"
    wanted = _wanted(_schema(request, place, parts))
    return BadValue(message, _path(place, parts), f"give {wanted}")


def _path(place: str, parts: Sequence[int | str]) -> str:
    return field_path(parts if place in _PLACES else [place, *parts]) or place


def _shown(value: object) -> str:
    if isinstance(value, list | dict):
        return _KINDS["array" if isinstance(value, list) else "object"]
    # Shortened before, too: a body may be one text of millions of characters.
    return json.dumps(value[:_SHOWN] if isinstance(value, str) else value)[:_SHOWN]


def _schema(request: Request, place: str, parts: Sequence[int | str]) -> Schema:
    """What the OpenAPI document says of a part of the request; nothing where it does not know."""
    document = request.app.openapi()
    path = getattr(request.scope.get("route"), "path_format", "")
    operation = document["paths"].get(path, {}).get(request.method.lower(), {})
    found = _body(operation) if place == "body" else _parameters(operation, place)
    for part in parts:
        found = _inner(_resolved(document, found), part)
    return _resolved(document, found)


def _body(operation: Schema) -> Schema:
    content = operation.get("requestBody", {}).get("content", {})
    schema: Schema = content.get("application/json", {}).get("schema", {})
    return schema


def _parameters(operation: Schema, place: str) -> Schema:
    known = (each for each in operation.get("parameters", ()) if each["in"] == place)
    return {"properties": {each["name"]: each["schema"] for each in known}}


def _inner(schema: Schema, part: int | str) -> Schema:
    found: Schema
    if isinstance(part, int):
        found = schema.get("items", {})
    elif part in schema.get("properties", {}):
        found = schema["properties"][part]
    else:  # names that are not known beforehand are all alike here
        found = next(iter(schema.get("patternProperties", {}).values()), {})
    return found


def _resolved(document: Schema, schema: Schema) -> Schema:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Schema = document["components"]["schemas"][name] if name else schema
    return found


def _wanted(schema: Schema) -> str:
    """In words: `a whole number, 1 to 1,000`."""
    if "anyOf" in schema:
        return ", ".join(_wanted(each) for each in schema["anyOf"])
    kind = schema.get("type", "")
    words = [_KINDS.get(kind, "what /docs says")]
    least, most = (
        next((int(schema[each]) for each in keywords if each in schema), 0)
        for keywords in (_LEAST, _MOST)
    )
    if most:
        words.append(f"{f'{least:,} to' if least else 'at most'} {most:,}{_UNITS.get(kind, '')}")
    if "pattern" in schema and "description" in schema:
        words.append(schema["description"])
    return ", ".join(words)
