"""Train with MarginMSE: our loop against the reference GPL code's own training stage.

The package `gpl` does not import beside current transformers, so it runs in an environment of its
own, whose interpreter is named here:

    python3 -m venv old
    old/bin/pip install gpl==0.1.4 torch==2.13.0 'datasets<4' accelerate nltk \\
        transformers==4.46.3 sentence-transformers==3.3.1
    python -m bench.gpl_package --python old/bin/python

Both see every triple once in batches of 32, with the same learning rate. Only the steps are timed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sentence_transformers import SentenceTransformer

from acclimate.models.resolve import resolve
from bench.compare import Agreement, Way, compare, report
from bench.inputs import MINILM, options, some_passages
from bench.train import BATCH, RATE, UNSEEN, Trained, Triple, held_out_loss, ours, real_triples

WORKER = Path(__file__).with_name("gpl_worker.py")


def reference(python: Path, name: str) -> Way[Triple, Trained]:
    """The package's training stage in its own interpreter."""
    folder = str(resolve(name).folder)
    limit = SentenceTransformer(folder).max_seq_length

    def run(triples: Sequence[Triple]) -> Trained:
        with tempfile.TemporaryDirectory() as out:
            job = {"model": folder, "max_seq_length": limit, "learning_rate": RATE, "out": out}
            lines = [json.dumps(job), *(json.dumps(asdict(each)) for each in triples)]
            done = subprocess.run(
                [str(python), str(WORKER)],
                input="\n".join(lines),
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            seconds = float(json.loads(done.stdout.splitlines()[-1])["seconds"])
            return Trained(SentenceTransformer(out), seconds)

    return Way("gpl 0.1.4, its training stage", run, lambda done: done.seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and report; both must have learnt nearly as much."""
    parser = options(__doc__, 96, "triples, in whole batches")
    parser.add_argument("--python", type=Path, required=True, help="interpreter that has gpl")
    parser.add_argument("--model", default=MINILM)
    given = parser.parse_args(arguments)
    wanted = max(1, given.items // BATCH) * BATCH
    triples = real_triples(some_passages(given.collection, 0), wanted + UNSEEN)
    unseen, learnt = triples[-UNSEEN:], triples[:-UNSEEN]
    ways = [reference(given.python, given.model), ours(given.model)]
    found = compare("train", "triples", learnt, ways, given.repetitions, warm_up=BATCH)
    after = [held_out_loss(each.model, unseen) for each in found.results]
    print(f"loss on unseen triples: gpl {after[0]:.5f}, ours {after[1]:.5f}")
    agreements = [Agreement("the reference's loss over ours", after[0] / after[1], 0.9)]
    settings = {name: value for name, value in vars(given).items() if name != "python"}
    return report([(found, agreements)], settings, given.json)


if __name__ == "__main__":
    sys.exit(main())
