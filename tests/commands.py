"""What the tests of the command line share: a tiny collection, and a command's outcome."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acclimate.cli.main import run
from acclimate.formats.beir import write_beir
from acclimate.types import Judgment, Passage, Query

PASSAGES = [
    Passage("zip", "Pair up two lists, item by item.", "zip()"),
    Passage("sort", "Put a list in order.", "sort()"),
    Passage("kill", "Stop a process that hangs.", "kill()"),
    Passage("[bold]", "Markup [red]in[/red] a text of lists.", "[/]"),
]
QUERIES = [
    Query("q1", "pair up lists"),
    Query("q2", "stop what hangs"),
    Query("q3", "put in order"),
]
JUDGMENTS = [Judgment("q1", "zip", 1), Judgment("q2", "kill", 1), Judgment("q3", "sort", 1)]


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, all of which must be one JSON value."""
        return json.loads(self.out)


def tiny_corpus(folder: Path) -> Path:
    """A collection small enough that every command answers at once."""
    write_beir(folder, PASSAGES, QUERIES, {"test": JUDGMENTS})
    return folder


def acclimate(*arguments: object) -> Ran:
    """Run one command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    return Ran(code, out.getvalue(), err.getvalue())
