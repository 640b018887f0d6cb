"""A collection small enough that every command answers at once."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from acclimate.cli.main import run
from acclimate.formats.beir import write_beir
from acclimate.types import Judgment, Passage, Query
from commands import Command, Ran

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


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    write_beir(folder, PASSAGES, QUERIES, {"test": JUDGMENTS})
    return folder


@pytest.fixture
def acclimate() -> Command:
    """Run one command in this process."""

    def command(*arguments: object) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run([str(argument) for argument in arguments])
        return Ran(code, out.getvalue(), err.getvalue())

    return command
