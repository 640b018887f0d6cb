"""Tabulate `acclimate adapt --json` results: python experiments/summarise.py RESULT.json ..."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

MEASURE = "nDCG@10"
SYSTEMS = ("bm25", "before", "after", "fused_before", "fused_after")


def main(paths: list[str]) -> None:
    """One Markdown row for each file: judged measures, the gain, and the label-free gain."""
    print(
        "| run | BM25 | before | after | BM25 + before | BM25 + after | gain alone (95 %) "
        "| gain fused (95 %) | label-free gain (95 %) |"
    )
    print("|---" * 9 + "|")
    for path in paths:
        result = json.loads(Path(path).read_text(encoding="utf-8"))
        measured = result["judged"]
        figures = [f"{measured[system]['measures'][MEASURE]['value']:.4f}" for system in SYSTEMS]
        gains = [_gain(measured, False), _gain(measured, True), _gain(result["label_free"], False)]
        print("| " + " | ".join([Path(path).stem, *figures, *gains]) + " |")


def _gain(measured: dict[str, Any], fused: bool) -> str:
    """The change from before to after, alone or each fused with BM25."""
    before, after = ("fused_before", "fused_after") if fused else ("before", "after")
    names = (measured[before]["system"], measured[after]["system"])
    change = next(
        each["difference"]
        for each in measured["comparisons"]
        if (each["baseline"], each["system"]) == names
    )
    return f"{change['value']:+.4f} ({change['low']:+.4f} to {change['high']:+.4f})"


if __name__ == "__main__":
    main(sys.argv[1:])
