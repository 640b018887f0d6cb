"""The embedded demo corpus `python-stdlib`: the running interpreter's own documentation.

Every public module, class, function, method and descriptor of the standard library that carries a
docstring becomes one document, named as people write it in code: `itertools.zip_longest`,
`pathlib.Path.glob`, `dict.setdefault` (builtins go without `builtins.`). Nothing is downloaded, so
the corpus is there wherever Python is; what it holds follows the interpreter's version.
"""

from __future__ import annotations

import inspect
import os
import pkgutil
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from types import FunctionType, ModuleType

from acclimate.types import Document

# Modules that are left alone, each with the reason. A name covers everything below it.
SKIPPED = {
    "antigravity": "opens a web browser",
    "this": "prints a poem",
    "idlelib": "an editor's window, no library",
    "turtledemo": "opens windows",
    "turtle": "reads turtle.cfg of the working folder, and repeats every method as a function",
    "readline": "takes over the terminal and input()",
    "rlcompleter": "installs itself as the completer",
    "test": "Python's own tests",
    "lib2to3": "a tool, its grammar is cached on disk",
    "distutils": "setuptools puts its own in the place",
    "pydoc_data": "one huge text, no objects",
    "encodings": "tables, one module for each charset, with nothing to call",
    "posixpath": "documented as os.path",
    "ntpath": "documented as os.path",
    "genericpath": "documented as os.path",
    "posix": "documented as os",
    "nt": "documented as os",
}
# Documented modules that are not found by walking packages.
_ALIASES = {"os.path": "os.path"}
_TESTS = {"test", "tests"}
# What namedtuple, tkinter and enum write for every field and hook: words that say nothing.
_EMPTY_WORDS = re.compile(r"Alias for field number \d+|Internal function\.?|An enumeration\.")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_RECEIVER = re.compile(r"^\((self|cls)(, /)?(, )?")
_LONGEST_SIGNATURE = 200


def documents() -> Iterator[Document]:
    """Stream the corpus, sorted by id; each public object comes once, under its shortest name."""
    found = _collect()
    for name in sorted(found):
        yield found[name]


@dataclass(slots=True)
class _Finds:
    """Documents by name, and which objects have a name already."""

    by_name: dict[str, Document] = field(default_factory=dict)
    # The objects themselves, so that none is freed and its identity given to another.
    taken: dict[int, object] = field(default_factory=dict)
    # Public classes with their names, by identity: not every metaclass can be hashed.
    classes: dict[int, tuple[str, type]] = field(default_factory=dict)

    def claim(self, name: str, thing: object) -> None:
        owner = _unwrapped(thing)
        if id(owner) in self.taken or name in self.by_name:
            return
        text = _text(thing)
        # Hundreds of syntax tree nodes have nothing to say but their name.
        if text and text != name.rpartition(".")[2]:
            self.taken[id(owner)] = owner
            self.by_name[name] = Document(id=name, text=text, title=name + _signature(thing))


def _collect() -> dict[str, Document]:
    """Name everything. Functions go before methods: random.choice is Random.choice, bound."""
    with warnings.catch_warnings():
        # Deprecated modules warn when imported, deprecated names when looked up.
        warnings.simplefilter("ignore")
        finds = _Finds()
        for module_name, module in _modules().items():
            finds.claim(module_name, module)
            for name, thing in _public(module_name, module):
                finds.claim(name, thing)
                if isinstance(thing, type):
                    finds.classes.setdefault(id(thing), (name, thing))
        # Bases first, so that what a base documents is named after the base.
        for name, cls in sorted(finds.classes.values(), key=lambda row: len(row[1].__mro__)):
            _claim_members(name, cls, finds)
    return finds.by_name


def _modules() -> dict[str, ModuleType]:
    """Public modules in the order of their claim: builtins, then packages before their parts."""
    names = {name for name in sys.stdlib_module_names if _is_wanted(name)}
    loaded: dict[str, ModuleType] = {}
    queue = sorted(names - {"builtins"})
    queue.insert(0, "builtins")
    while queue:
        below: list[str] = []
        for name in queue:
            module = _load(name)
            if module is not None:
                loaded[name] = module
                below += _submodules(name, module)
        queue = sorted(below)
    return loaded


def _is_wanted(name: str) -> bool:
    parts = name.split(".")
    return not (
        any(part.startswith("_") or part in _TESTS for part in parts)
        or any(".".join(parts[: n + 1]) in SKIPPED for n in range(len(parts)))
    )


def _load(name: str) -> ModuleType | None:
    """Import a module, or None where this platform or build does without it."""
    try:
        return import_module(name)
    except (ImportError, OSError, AttributeError, RuntimeError):
        return None


def _submodules(name: str, module: ModuleType) -> list[str]:
    paths = getattr(module, "__path__", ())
    below = [f"{name}.{found.name}" for found in pkgutil.iter_modules(paths)]
    below += [alias for alias in _ALIASES if alias.rpartition(".")[0] == name]
    return [part for part in below if _is_wanted(part)]


def _public(module_name: str, module: ModuleType) -> list[tuple[str, object]]:
    """The names that a module offers: listed ones first, an object's own name before aliases."""
    listed: Iterable[str] = getattr(module, "__all__", ())
    offered: list[tuple[bool, bool, str, object]] = []
    for name in {*listed, *dir(module)}:
        # Lazy packages load a name only when it is asked for.
        thing = None if name.startswith("_") else getattr(module, name, None)
        if thing is None or isinstance(thing, ModuleType):
            continue
        if _belongs(thing, module_name, is_listed=name in listed):
            offered.append((name not in listed, *_own_name_first((name, thing)), thing))
    prefix = "" if module_name == "builtins" else f"{module_name}."
    offered.sort(key=lambda row: row[:3])
    return [(prefix + name, thing) for *_, name, thing in offered]


def _belongs(thing: object, module_name: str, is_listed: bool) -> bool:
    """Whether a name is the module's own and not something that it imported for its own use."""
    if not _is_from_python(thing):
        return False
    home = getattr(thing, "__module__", None) or module_name
    root = home.partition(".")[0]
    return (
        is_listed
        or home == module_name
        or home.startswith(f"{module_name}.")
        # A module's own part in C: _socket, _frozen_importlib_external.
        or (root.startswith("_") and module_name.partition(".")[0] in root)
        or module_name == "builtins"
    )


def _is_from_python(thing: object) -> bool:
    """Whether the object is not an addition by a notebook or by a library that patches others."""
    home = getattr(_unwrapped(thing), "__module__", None)
    return not isinstance(home, str) or home.partition(".")[0] in sys.stdlib_module_names


def _claim_members(name: str, cls: type, finds: _Finds) -> None:
    for base in cls.__mro__:
        # A public base speaks for itself; a private one is documented under its heirs.
        if base is not cls and (id(base) in finds.classes or not _is_private(base)):
            continue
        for member, thing in sorted(vars(base).items(), key=_own_name_first):
            if member.startswith("_") or not _is_from_python(thing):
                continue
            if _is_copied(cls, member, thing, finds):
                continue
            inner = thing if isinstance(thing, type) else None
            if inner is not None and not inner.__qualname__.startswith(f"{base.__qualname__}."):
                continue  # a class attribute that points to a class elsewhere
            finds.claim(f"{name}.{member}", thing)
            if inner is not None:
                _claim_members(f"{name}.{member}", inner, finds)


def _own_name_first(entry: tuple[str, object]) -> tuple[bool, str]:
    """Order names so that an object is met under the name it was defined with."""
    name, thing = entry
    return getattr(thing, "__name__", name) != name, name


def _is_private(cls: type) -> bool:
    return any(part.startswith("_") for part in (*cls.__module__.split("."), cls.__name__))


def _is_copied(cls: type, member: str, thing: object, finds: _Finds) -> bool:
    """Whether a public ancestor says the same, word for word, about a member of that name."""
    public = (base for base in cls.__mro__[1:] if id(base) in finds.classes)
    return any(
        above is not None and above is not thing and _text(above) == _text(thing)
        for above in (vars(base).get(member) for base in public)
    )


def _text(thing: object) -> str:
    """What an object's own docstring says; a class speaks with its constructor's as well."""
    if not isinstance(thing, type):
        return _own_words(thing, (type(thing),))
    constructor = vars(thing).get("__init__")
    # Constructors written in C all say "Initialize self".
    told = _own_words(constructor, ()) if isinstance(constructor, FunctionType) else ""
    return f"{_own_words(thing, thing.__mro__[1:])}\n\n{told}".strip()


def _own_words(thing: object, forebears: Iterable[type]) -> str:
    """The cleaned docstring, or nothing where it is only what a type or an ancestor says."""
    # A static method written in C keeps its docstring in the function that it wraps.
    doc = getattr(_unwrapped(thing), "__doc__", None)
    if not isinstance(doc, str) or any(doc == forebear.__doc__ for forebear in forebears):
        return ""
    text = _ADDRESS.sub("", inspect.cleandoc(doc)).strip()
    return "" if _EMPTY_WORDS.fullmatch(text) else text


def _unwrapped(thing: object) -> object:
    """The function inside a bound, class or static method."""
    return thing if isinstance(thing, type) else getattr(thing, "__func__", thing)


def _signature(thing: object) -> str:
    """How to call it, where that can be told in a line that is the same on every run."""
    # A bound method already tells its signature without the receiver.
    function = _unwrapped(thing) if isinstance(thing, (classmethod, staticmethod)) else thing
    if isinstance(thing, ModuleType) or not callable(function):
        return ""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError, NameError, AttributeError):
        return ""
    shown = [_with_plain_default(parameter) for parameter in signature.parameters.values()]
    words = _ADDRESS.sub("", str(signature.replace(parameters=shown)))
    return _RECEIVER.sub("(", words) if len(words) <= _LONGEST_SIGNATURE else "(...)"


class _Elided:
    """Stands for a default that is not shown."""

    def __repr__(self) -> str:
        return "..."


def _with_plain_default(parameter: inspect.Parameter) -> inspect.Parameter:
    """Hide defaults that are this machine's own: paths, and cgi's whole os.environ."""
    if parameter.default is parameter.empty or _is_plain(parameter.default):
        return parameter
    return parameter.replace(default=_Elided())


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return value == os.sep or not os.path.isabs(value)
    if isinstance(value, (tuple, list)):
        return all(_is_plain(part) for part in value)
    return value is None or value == {} or isinstance(value, (bool, int, float, bytes))
