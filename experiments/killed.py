"""Kill -9 a real adaptation in every stage, resume it, and compare it with one left in peace.

    python experiments/killed.py data/medline --set generate.total=120 --set train.max_steps=8

The command is started, watched until the folder of a stage appears, killed a moment later, and
started again, stage after stage. In the end every row, vector and weight must equal, byte for byte,
those of a run that nothing interrupted. The recipe is offline-likelihood, which has every stage.
"""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path

#: Where each stage shows that it is at work, and seconds to let it work before the kill.
STAGES = {
    "read": ("passages.part", 0.0),
    "generate": ("stages/generate-*", 15.0),
    "encode": ("stages/vectors-*", 4.0),
    "filter": ("stages/filter-*", 0.2),
    "mine": ("stages/mine-*", 0.2),
    "label by BM25": ("stages/label-bm25-*", 0.1),
    "label by the student": ("stages/label-student-*", 0.1),
    "label by likelihood": ("stages/label-likelihood-*", 15.0),
    "train": ("stages/train-*/state.safetensors", 10.0),
    "measure": ("stages/train-*/model", 5.0),
}
RECIPE = "offline-likelihood"
KEPT = ("stages/**/*.jsonl", "stages/**/*.npy", "stages/**/*.safetensors")


def main() -> int:
    """Print one row for each kill, and whether the two runs ended alike."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus")
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE of the recipe")
    parser.add_argument("--out", type=Path, default=Path("runs/killed"))
    parser.add_argument("--json", type=Path, help="write the results to this file")
    given = parser.parse_args()
    settings = [word for each in given.set for word in ("--set", each)]
    command = ["acclimate", "adapt", given.corpus, "--recipe", RECIPE, *settings, "--out"]

    left_in_peace, killed = given.out / "whole", given.out / "killed"
    subprocess.run([*command, str(left_in_peace)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    rows = [_kill_in(command, killed, stage) for stage in STAGES]
    subprocess.run([*command, str(killed)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    wanted, found = _contents(left_in_peace), _contents(killed)
    differing = sorted(
        path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path)
    )
    result = {"command": " ".join(command), "kills": rows, "files": len(wanted)}
    print(json.dumps(result | {"differing": differing}, indent=1))
    if given.json:
        given.json.write_text(json.dumps(result | {"differing": differing}, indent=1) + "\n")
    return 1 if differing else 0


def _kill_in(command: list[str], out: Path, stage: str) -> dict[str, object]:
    """Start the command, kill it while it works at the stage, and tell what it left."""
    pattern, patience = STAGES[stage]
    there = len(list(out.glob(pattern)))
    running = subprocess.Popen(  # noqa: S603
        [*command, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while running.poll() is None and len(list(out.glob(pattern))) <= there:
        time.sleep(0.01)
    time.sleep(patience)
    running.send_signal(signal.SIGKILL)
    return {
        "in": stage,
        "exit": running.wait(),
        "finished shards": len(list(out.glob("stages/*/*.receipt"))),
        "recommended": (out / "recommended.txt").exists(),
    }


def _contents(out: Path) -> dict[str, str]:
    """The hash of every file of rows, vectors or weights."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for pattern in KEPT
        for path in sorted(out.glob(pattern))
    }


if __name__ == "__main__":
    sys.exit(main())
