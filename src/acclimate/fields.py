"""Values from a TOML table or from `key=value`, held to the types of a settings record."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, TypeVar

from acclimate.errors import UsageError

T = TypeVar("T")

_TRUTHS = {"true": True, "yes": True, "on": True, "1": True}
_TRUTHS |= {"false": False, "no": False, "off": False, "0": False}
_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


def with_table(record: T, table: Mapping[str, Any], place: str, prefix: str = "") -> T:
    """`record` with the values of a table; tables within it are the records within."""
    hints = _hints(type(record))
    changes: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if key not in hints:
            raise _unknown(place, name, type(record), prefix)
        inner = getattr(record, key)
        if is_dataclass(inner) and not isinstance(inner, type):
            if not isinstance(value, Mapping):
                raise UsageError(
                    f"{place}: {name} is {value!r}; it is a table of settings, [{name}]"
                )
            changes[key] = with_table(inner, value, place, f"{name}.")
        else:
            changes[key] = _typed(value, hints[key], place, name)
    return replace(record, **changes)  # type: ignore[type-var]


def with_text(record: T, key: str, text: str, place: str, prefix: str = "") -> T:
    """`record` with one value, `train.max_steps`, read from text by the field's type."""
    return _with_text(record, key.split("."), text, place, prefix)


def with_changes(record: T, changes: Iterable[str]) -> T:
    """`record` with `key=value` changes such as `train.max_steps=200`, in their order."""
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or not key.strip():
            raise UsageError(
                f"--set {change}: it must be key=value, such as --set train.max_steps=200"
            )
        record = with_text(record, key.strip(), text, f"--set {change}")
    return record


def flat(record: object, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a record and the records within it, by its dotted key."""
    for field in fields(record):  # type: ignore[arg-type]
        value = getattr(record, field.name)
        if is_dataclass(value):
            yield from flat(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", value


def _with_text(record: T, path: Sequence[str], text: str, place: str, prefix: str) -> T:
    hints = _hints(type(record))
    key, name = path[0], f"{prefix}{path[0]}"
    inner = getattr(record, key) if key in hints else None
    nested = is_dataclass(inner) and not isinstance(inner, type)
    if key not in hints or (len(path) > 1 and not nested):
        raise _unknown(place, f"{prefix}{'.'.join(path)}", type(record), prefix)
    if nested and len(path) == 1:
        known = ", ".join(f"{name}.{known}" for known in _hints(type(inner)))
        raise UsageError(f"{place}: {name} is a group of settings; set one of {known}")
    if nested:
        value: Any = _with_text(inner, path[1:], text, place, f"{name}.")
    else:
        value = _parsed(text.strip(), hints[key], place, name)
    return replace(record, **{key: value})  # type: ignore[type-var]


def _typed(value: Any, hint: Any, place: str, name: str) -> Any:
    """A value of a TOML or JSON table as the type of its field."""
    parts = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return _typed_tuple(value, parts, place, name)
    if is_dataclass(hint) and isinstance(hint, type):
        return _built(hint, value, place, name)
    if value is None and _is_optional(hint):
        return None
    kind = _plain(hint)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind or (kind is float and not math.isfinite(value)):
        raise _mistyped(place, name, value, _NAMES[kind])
    return value


def _typed_tuple(value: Any, parts: Sequence[Any], place: str, name: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _mistyped(place, name, value, "a list, in square brackets")
    if parts[-1] is Ellipsis:
        parts = [parts[0]] * len(value)
    if len(parts) != len(value):
        raise _mistyped(place, name, value, f"a list of {len(parts)}")
    return tuple(
        _typed(item, part, place, f"{name}[{number}]")
        for number, (item, part) in enumerate(zip(value, parts, strict=True), 1)
    )


def _built(kind: type[Any], value: Any, place: str, name: str) -> Any:
    """A record that has no defaults, such as one worked example of a prompt."""
    hints = _hints(kind)
    if not isinstance(value, Mapping) or value.keys() != hints.keys():
        raise _mistyped(place, name, value, f"a table of {' and '.join(hints)}")
    return kind(
        **{key: _typed(value[key], hint, place, f"{name}.{key}") for key, hint in hints.items()}
    )


def _parsed(text: str, hint: Any, place: str, name: str) -> Any:
    """The text after `key=` as the type of its field."""
    if typing.get_origin(hint) is tuple:
        kind, *rest = typing.get_args(hint)
        if rest != [Ellipsis] or kind not in _NAMES:
            raise UsageError(f"{place}: {name} has a structure; set it in a TOML file")
        items = [item.strip() for item in text.split(",") if item.strip()]
        return tuple(_parsed(item, kind, place, name) for item in items)
    if _is_optional(hint) and text.lower() in ("", "auto", "none"):
        return None
    kind = _plain(hint)
    try:
        if kind is bool:
            return _TRUTHS[text.lower()]
        value = kind(text)
    except (KeyError, ValueError) as error:
        raise _mistyped(place, name, text, _NAMES[kind]) from error
    if kind is float and not math.isfinite(value):
        raise _mistyped(place, name, text, _NAMES[kind])
    return value


def _plain(hint: Any) -> type[Any]:
    """The type itself, also of a field that may be None."""
    options = [part for part in typing.get_args(hint) if part is not types.NoneType] or [hint]
    kind: type[Any] = options[0]
    return kind


def _is_optional(hint: Any) -> bool:
    return types.NoneType in typing.get_args(hint)


def _hints(kind: type[Any]) -> dict[str, Any]:
    known = typing.get_type_hints(kind)
    return {field.name: known[field.name] for field in fields(kind)}


def _keys(kind: type[Any], prefix: str) -> Iterator[str]:
    for key, hint in _hints(kind).items():
        if is_dataclass(hint) and isinstance(hint, type):
            yield from _keys(hint, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _unknown(place: str, name: str, kind: type[Any], prefix: str) -> UsageError:
    known = list(_keys(kind, prefix))
    # A setting named without its group is the likeliest slip: `max_steps` for `train.max_steps`.
    last = name.rpartition(".")[2]
    near = [key for key in known if key.rpartition(".")[2] == last]
    near = near or get_close_matches(name, known, n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}"
    return UsageError(f"{place}: there is no setting {name!r}; {remedy}")


def _mistyped(place: str, name: str, value: Any, wanted: str) -> UsageError:
    shown = repr(value)
    return UsageError(f"{place}: {name} is {shown[:80]}; it must be {wanted}")
