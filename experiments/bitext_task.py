"""A mining task out of aligned sentences: two files of which one line in five has a translation.

    python experiments/bitext_task.py SOURCE TARGET FOLDER

SOURCE and TARGET are aligned files, such as `tatoeba.deu-eng.deu` and `tatoeba.deu-eng.eng`. FOLDER
gets `source.txt`, `target.txt` and `gold.tsv`, as `acclimate evaluate --task bitext` takes them.
Of the aligned pairs a ninth keeps both sides; of the others one half keeps its source and the other
its target, so that each side has a fifth of true pairs and no false one is a translation. Pairs of
which a side comes twice are left out beforehand: else a pair that is right would count as wrong.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

SEED = 7


def distinct(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    sources, targets = (Counter(side) for side in zip(*pairs, strict=True))
    return [(a, b) for a, b in pairs if sources[a] == targets[b] == 1]


def build(source: Path, target: Path, folder: Path) -> None:
    sides = (path.read_text(encoding="utf-8").splitlines() for path in (source, target))
    draw = random.Random(SEED)  # noqa: S311
    pairs = distinct(list(zip(*sides, strict=True)))
    draw.shuffle(pairs)
    true = len(pairs) // 9
    middle = true + (len(pairs) - true) // 2
    left = [(a, number) for number, (a, _) in enumerate(pairs[:middle])]
    right = [(b, number) for number, (_, b) in enumerate(pairs) if not true <= number < middle]
    draw.shuffle(left)
    draw.shuffle(right)
    place = {number: line for line, (_, number) in enumerate(right, 1)}
    gold = [(line, place[n]) for line, (_, n) in enumerate(left, 1) if n in place]
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "source.txt", [text for text, _ in left])
    write(folder / "target.txt", [text for text, _ in right])
    write(folder / "gold.tsv", [f"{a}\t{b}" for a, b in gold])
    print(f"{folder}: {len(left)} and {len(right)} lines, {len(gold)} true pairs")


def write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:4]))
