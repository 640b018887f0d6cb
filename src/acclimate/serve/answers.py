"""What the service answers besides the engine's own records, and how records become JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from fastapi import Response
from pydantic import TypeAdapter

from acclimate.engine.records import Answer
from acclimate.serve.errors import ServiceError
from acclimate.types import Passage


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """What is wrong, with which part of the request, and what helps."""

    message: str
    field: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """Every answer but a good one."""

    error: ErrorDetail


@dataclass(frozen=True, slots=True)
class Compared:
    """What one of several systems answered."""

    name: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Movement:
    """A passage's rank in each system, in their order; null where it is not among the hits."""

    id: str
    ranks: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several systems side by side. Movements are in the order of each passage's best rank."""

    query: str
    systems: tuple[Compared, ...]
    movements: tuple[Movement, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did, once it is committed and can be found."""

    added: int = 0
    replaced: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Info:
    """What the index can do, and what this service offers of it."""

    name: str
    count: int
    #: The commit that is searched.
    version: int
    format: int
    modes: tuple[str, ...]
    #: The mode of a search that names none.
    default_mode: str
    #: The modes that a picture can be searched with.
    picture_modes: tuple[str, ...]
    models: tuple[str, ...]
    sparse: str
    late: str
    rerankers: tuple[str, ...]
    #: Metadata fields, with how many passages have each.
    fields: Mapping[str, int]
    #: Whether documents can be changed, by those who have a key.
    writable: bool
    limits: Mapping[str, int | float]


def shown(passage: Passage) -> Passage:
    """A passage as clients see it: its picture by the address of a small copy.

    Where the file lies on this machine is nobody's business.
    """
    if not passage.image:
        return passage
    return replace(passage, image=f"thumbnails?{urlencode({'id': passage.id})}")


def shown_answer(answer: Answer) -> Answer:
    """The same for every hit of an answer; most answers have no pictures and stay as they are."""
    if not any(each.passage.image for each in answer.results):
        return answer
    hits = (replace(each, passage=shown(each.passage)) for each in answer.results)
    return replace(answer, results=tuple(hits))


@dataclass(frozen=True, slots=True)
class Health:
    """How the service is: "alive", or for readiness "ready", "warming up", "stopping"."""

    status: str


def movements(answers: Sequence[Answer]) -> tuple[Movement, ...]:
    """Every passage that any answer has, with its rank in each."""
    ranks: dict[str, list[int | None]] = {}
    for place, answer in enumerate(answers):
        for result in answer.results:
            row = ranks.setdefault(result.passage.id, [None] * len(answers))
            row[place] = result.rank

    def best(item: tuple[str, list[int | None]]) -> tuple[int, str]:
        return min(rank for rank in item[1] if rank is not None), item[0]

    return tuple(Movement(id_, tuple(row)) for id_, row in sorted(ranks.items(), key=best))


def json_of(record: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A record as an answer."""
    content = _adapter(type(record)).dump_json(record)
    return Response(content, status, headers, media_type="application/json")


def error_of(error: ServiceError) -> Response:
    """A refusal as an answer."""
    detail = ErrorDetail(str(error), error.field, error.remedy)
    return json_of(ErrorAnswer(detail), error.status, error.headers)


def field_path(parts: Sequence[int | str]) -> str:
    """Where in a request something is: `documents[2].metadata.year`."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def field_named_by(message: str, known: Sequence[str]) -> str | None:
    """The field that an error of the engine begins with: `where, character 7: ...`."""
    first = re.match(r"(?:the )?(\w+)", message)
    return first[1] if first and first[1] in known else None


#: Making one takes milliseconds, using it microseconds.
_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
