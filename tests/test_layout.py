"""The rooms of the house: a module imports only from rooms above it (CONTRIBUTING.md)."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "acclimate"

#: The level of each room; a module may import from lower levels and from its own room.
LEVELS = {
    "types": 0,
    "errors": 0,
    "paths": 0,
    "extras": 1,
    "ranking": 1,
    "fields": 1,
    "models/prompts": 1,
    "models/languages": 2,
    "models/scorers": 1,
    "pictures": 2,
    "formats": 3,
    "settings": 2,
    "corpus": 4,
    "progress": 4,
    "rowfile": 4,
    "recipes": 5,
    "runs": 5,
    "models": 5,
    "catalogue": 6,
    "indexes": 6,
    "search": 7,
    "evaluate/measures": 4,
    "evaluate": 7,
    "train": 7,
    "pretrain": 8,
    "systems": 8,
    "multilingual": 9,
    "engine": 8,
    "adapt/result": 9,
    "report": 10,
    "adapt": 11,
    "experiments": 12,
    "api": 13,
    "__init__": 14,
    "serve": 14,
    "integrations": 14,
    "cli": 15,
    "__main__": 16,
}


def room_of(module: str) -> str:
    """The room of a dotted module name below acclimate."""
    parts = module.split(".")
    whole = "/".join(parts[:2])
    return whole if whole in LEVELS else parts[0]


def imports_of(path: Path) -> list[str]:
    """Dotted names below acclimate that a file imports, wherever in it they stand."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("acclimate."):
            found.append((node.module or "").removeprefix("acclimate."))
        elif isinstance(node, ast.ImportFrom) and node.module == "acclimate":
            found += [alias.name for alias in node.names if not alias.name.startswith("__")]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            found += [n.removeprefix("acclimate.") for n in names if n.startswith("acclimate.")]
    return found


def test_every_module_has_a_room() -> None:
    rooms = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in SOURCE.rglob("*.py")}
    assert rooms - {"data"} <= {room.partition("/")[0] for room in LEVELS}


def test_a_module_imports_only_from_rooms_above_it() -> None:
    wrong = []
    for path in sorted(SOURCE.rglob("*.py")):
        here = room_of(".".join(path.relative_to(SOURCE).with_suffix("").parts))
        for imported in imports_of(path):
            there = room_of(imported)
            if there != here and LEVELS.get(there, 99) >= LEVELS[here]:
                wrong.append(f"{path.relative_to(SOURCE)} imports {imported}")
    assert wrong == []
