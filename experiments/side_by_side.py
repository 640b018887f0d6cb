"""One question, asked of every mode of an index folder, as a Markdown table.

python experiments/side_by_side.py runs/index-enwiki "What is the capital of the United States?"
"""

from __future__ import annotations

import sys

import acclimate

MODES = ("lexical", "dense", "hybrid")
HITS = 5


def main(index: str, question: str) -> None:
    """One row a rank, one column a mode."""
    engine = acclimate.open_index(index)
    columns = [
        [
            hit.passage.title or hit.passage.text[:60]
            for hit in engine.search(question, acclimate.SearchOptions(mode=mode, k=HITS)).results
        ]
        for mode in MODES
    ]
    print(f'"{question}" (`python experiments/side_by_side.py {index} "{question}"`)\n')
    print("| rank | " + " | ".join(MODES) + " |")
    print("|---" * (len(MODES) + 1) + "|")
    for rank, row in enumerate(zip(*columns, strict=True), 1):
        print(f"| {rank} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:])
