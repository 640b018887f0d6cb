"""The page that lists the routes, made from the OpenAPI document; it loads nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, PackageLoader

#: Only its own style; no script, no frame around it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body."""

    name: str
    kind: str
    required: bool
    limit: str
    description: str


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one address."""

    method: str
    path: str
    summary: str
    description: str
    fields: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]
    needs_key: bool


@router.get("/docs")
async def manual(request: Request) -> Response:
    """The routes with their fields and answers."""
    schema = request.app.openapi()
    environment = Environment(
        loader=PackageLoader("acclimate.serve", "templates"), autoescape=True, trim_blocks=True
    )
    page = environment.get_template("manual.html.j2").render(
        title=schema["info"]["title"], version=schema["info"]["version"], routes=routes(schema)
    )
    return Response(
        page, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY}
    )


def routes(schema: Mapping[str, Any]) -> list[Route]:
    """Every route of an OpenAPI document, in its order."""
    return [
        Route(
            method.upper(),
            path,
            operation.get("summary", ""),
            operation.get("description", ""),
            (*_parameters(operation), *_body(schema, operation)),
            tuple((code, said.get("description", "")) for code, said in
                  sorted(operation["responses"].items())),
            bool(operation.get("security")),
        )
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]  # fmt: skip


def _parameters(operation: Mapping[str, Any]) -> Iterator[Field]:
    for each in operation.get("parameters", ()):
        yield _field(each["name"], each["schema"], each.get("required", False), each)


def _body(schema: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[Field]:
    body = operation.get("requestBody", {})
    for kind, content in body.get("content", {}).items():
        if kind == "application/json":
            yield from _record(schema, content["schema"], "")
        else:
            yield Field("(the body)", kind, True, "", body.get("description", ""))


def _record(schema: Mapping[str, Any], part: Mapping[str, Any], path: str) -> Iterator[Field]:
    """The fields of a record, and those of the records in its lists."""
    record = schema["components"]["schemas"][part["$ref"].rpartition("/")[2]]
    for name, field in record["properties"].items():
        yield _field(f"{path}{name}", field, name in record.get("required", ()), field)
        if "$ref" in field.get("items", {}):
            yield from _record(schema, field["items"], f"{path}{name}[].")


def _field(name: str, schema: Mapping[str, Any], required: bool, said: Mapping[str, Any]) -> Field:
    return Field(name, _kind(schema), required, _limit(schema), said.get("description", ""))


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "one of several types")
    return f"{kind} of records" if "$ref" in schema.get("items", {}) else str(kind)


def _limit(schema: Mapping[str, Any]) -> str:
    units = {"maxLength": " characters", "maxItems": " entries", "maxProperties": " fields"}
    said = [
        f"at most {schema[keyword]:,}{units.get(keyword, '')}"
        for keyword in ("maximum", *units)
        if keyword in schema
    ]
    if "enum" in schema:
        said.append("one of " + ", ".join(str(each) for each in schema["enum"] if each))
    if schema.get("default") not in (None, ""):
        said.append(f"default {schema['default']}")
    return "; ".join(said)
