"""The reference GPL code's training stage, run by an interpreter that has the `gpl` package.

It reads JSON lines from standard input: what to do, then one triple a line. It trains as gpl.train
does and prints the seconds of the steps. Imports nothing of Acclimate.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import redirect_stdout
from typing import Any

BATCH = 32


def main() -> None:
    """Train once over all triples; the last line printed is the result."""
    job, *triples = [json.loads(line) for line in sys.stdin]
    with redirect_stdout(sys.stderr):
        seconds = _train(job, triples)
    print(json.dumps({"seconds": seconds}))


def _train(job: dict[str, Any], triples: list[dict[str, Any]]) -> float:
    from gpl.toolkit import MarginDistillationLoss, load_sbert
    from sentence_transformers import InputExample
    from torch.utils.data import DataLoader

    model = load_sbert(job["model"], None, job["max_seq_length"])
    texts = ("query", "positive", "negative")
    examples: Any = [
        InputExample(texts=[each[name] for name in texts], label=each["margin"]) for each in triples
    ]
    loader: Any = DataLoader(examples, shuffle=False, batch_size=BATCH, drop_last=True)
    loss = MarginDistillationLoss(model=model, similarity_fct="dot")
    started = time.monotonic()
    model.fit(
        [(loader, loss)],
        epochs=1,
        steps_per_epoch=len(loader),
        warmup_steps=0,
        optimizer_params={"lr": job["learning_rate"]},
        show_progress_bar=False,
    )
    seconds = time.monotonic() - started
    model.save(job["out"])
    return seconds


if __name__ == "__main__":
    main()
