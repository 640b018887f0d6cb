"""Tabulate what experiments/modes.sh measured: python experiments/modes_table.py > modes.md"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
MODES = (
    "lexical", "lexical-expanded", "dense", "sparse", "late", "hybrid", "hybrid-rrf",
    "hybrid-sparse",
    "hybrid-expanded", "hybrid-reranked", "hybrid-read",
)  # fmt: skip
MEASURE = "nDCG@10"


def main() -> None:
    """One Markdown row a collection, one column a mode, each with its interval."""
    names = sorted(path.stem.split("-", 1)[1].removesuffix("-lexical")
                   for path in RESULTS.glob("modes-*-lexical.json"))  # fmt: skip
    print("| collection | queries | " + " | ".join(MODES) + " |")
    print("|---" * (len(MODES) + 2) + "|")
    for name in names:
        found = [_read(RESULTS / f"modes-{name}-{mode}.json") for mode in MODES]
        queries = next(each["queries"] for each in found if each)
        print(f"| {name} | {queries} | " + " | ".join(map(_cell, found)) + " |")
    print("\nAgainst hybrid search, paired; p corrected (Holm) within a collection.\n")
    print("| collection | mode | difference | p |\n|---|---|---|---|")
    for name in names:
        for mode, each in _compared(name).items():
            print(
                f"| {name} | {mode} | {_cell_of(each['difference'])} | {each['corrected_p']:.4f} |"
            )


def _compared(name: str) -> dict[str, Any]:
    """Mode → its comparison with hybrid search, with either re-ranker's."""
    found = {}
    for path in sorted(RESULTS.glob(f"modes-{name}-compared*.json")):
        for each in _read(path)["comparisons"]:
            found[Path(each["system"]).stem.removeprefix(f"{name}-")] = each
    return found


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _cell(found: dict[str, Any]) -> str:
    return _cell_of(found["measures"][MEASURE]) if found else "not measured"


def _cell_of(estimate: dict[str, float]) -> str:
    return "{value:.4f} ({low:.4f} to {high:.4f})".format(**estimate)


if __name__ == "__main__":
    main()
