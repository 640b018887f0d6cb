"""Which way of searching answers each probe: a Markdown table of the right passage's ranks.

    python experiments/probes.py > experiments/results/probes.md

A probe is a query, the passage that should win, and rivals that share its words or its language.
All passages and the distractors make one collection, of which an index folder is built; a rival of
the same score counts as ahead. Probes and distractors were written before any system was asked; add
to them, but do not change them to suit.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acclimate.cli.quiet import silence
from acclimate.engine.engine import Engine
from acclimate.engine.records import SearchOptions
from acclimate.engine.settings import IndexSettings
from acclimate.types import Passage

HERE = Path(__file__).parent / "probes"
#: Hits of hybrid search that the re-ranker reads.
READ = 10


@dataclass(frozen=True, slots=True)
class Probe:
    """A query, the text of the passage that should win, and those of its rivals."""

    name: str
    query: str
    right: str
    rivals: Sequence[str]


def read_probes(folder: Path) -> list[Probe]:
    """The probes of a folder, one JSON line each."""
    lines = (folder / "probes.jsonl").read_text(encoding="utf-8").splitlines()
    return [Probe(**json.loads(line)) for line in lines]


def collection(probes: Sequence[Probe], distractors: Sequence[str]) -> list[Passage]:
    """Every text once, in an order that the probes have no say in."""
    texts = {text for probe in probes for text in (probe.right, *probe.rivals)} | {*distractors}
    return [Passage(f"p{number:02}", text) for number, text in enumerate(sorted(texts))]


def rank(engine: Engine, probe: Probe, options: SearchOptions) -> int:
    """The rank of the right passage, from 1; 0 where it is not found. Ties count against it."""
    results = engine.search(probe.query, options).results
    scores = [each.score for each in results if each.passage.text == probe.right]
    return sum(each.score >= scores[0] for each in results) if scores else 0


def table(probes: Sequence[Probe], ranks: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """One row a probe, and in the last how many each system answered."""
    yield f"| probe | query | {' | '.join(ranks)} |"
    yield "|---|---|" + "---|" * len(ranks)
    for probe, found in zip(probes, zip(*ranks.values(), strict=True), strict=True):
        shown = " | ".join(str(each) if each else "not found" for each in found)
        yield f"| {probe.name} | {probe.query} | {shown} |"
    answered = " | ".join(str(each.count(1)) for each in map(list, ranks.values()))
    yield f"| answered, of {len(probes)} | | {answered} |"


def main() -> None:
    """Index, ask, print."""
    silence(debug=False)
    default = IndexSettings().models[0]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default=default, help="dense model (%(default)s)")
    parser.add_argument(
        "--rerank",
        default="likelihood:google/gemma-3-270m",
        help=f"reads hybrid's best {READ} again; empty for none (%(default)s)",
    )
    given = parser.parse_args()
    probes = read_probes(HERE)
    distractors = (HERE / "distractors.txt").read_text(encoding="utf-8").splitlines()
    passages = collection(probes, distractors)
    with tempfile.TemporaryDirectory() as scratch:
        settings = IndexSettings(models=(given.model,))
        engine = Engine.create(Path(scratch) / "index", settings, passages)
        k = len(passages)
        systems = {mode: SearchOptions(k, mode) for mode in engine.modes()}
        if given.rerank:
            systems[f"hybrid > {given.rerank}"] = SearchOptions(k, "hybrid", given.rerank, READ)
        ranks = {
            name: [rank(engine, probe, options) for probe in probes]
            for name, options in systems.items()
        }
        engine.close()
    print(f"Ranks of the right passage among {k}; dense model {given.model}.\n")
    print("\n".join(table(probes, ranks)))


if __name__ == "__main__":
    main()
