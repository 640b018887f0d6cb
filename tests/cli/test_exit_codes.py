"""0 done, 2 wrong use or bad input, 1 anything else, 130 stopped: scripts rely on them."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from acclimate import api
from acclimate.cli.failures import report
from acclimate.errors import AcclimateError
from commands import acclimate, tiny_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return tiny_corpus(tmp_path / "tiny")


MISUSES = [
    (["frobnicate"], "No such command"),
    (["evaluate", "bm25"], "Missing argument"),
    (["evaluate", "bm25", "CORPUS", "--frob"], "No such option"),
    (["evaluate", "bm25", "CORPUS", "--split", "dev"], "no split 'dev'"),
    (["evaluate", "bm25", "CORPUS", "--measures", "nDGC@10"], "'nDGC@10'"),
    (["evaluate", "bm25", "CORPUS", "--measures", " "], "no measure"),
    (["evaluate", "bm25", "CORPUS", "--language", "klingonish"], "ISO 639"),
    (["evaluate", "bm25", "CORPUS", "--set", "seed=1"], "corpus.*"),
    (["evaluate", "bm25", "no-such-folder/x.jsonl"], "no-such-folder/x.jsonl"),
    (["evaluate", "absent.trec", "CORPUS"], "absent.trec"),
    (["evaluate", "bm25+", "CORPUS"], "without a name"),
    (["evaluate", "CORPUS", "CORPUS"], "holds no model"),
    (["evaluate", "CORPUS/corpus.jsonl", "CORPUS"], "neither a model's folder"),
    (["search", "bm25", "CORPUS", " "], "the query is empty"),
    (["search", "bm25", "CORPUS", "x", "-k", "0"], "k is 0"),
    (["search", "bm25", "CORPUS", "x", "-k", "many"], "as an integer"),
    (["search", "bm25", "CORPUS", "x", "--set", "corpus.txt_field=b"], "corpus.text_field"),
    (["recipes", "ofline"], "did you mean 'offline'?"),
    (["recipes", "absent.toml"], "absent.toml: cannot be read"),
    (["adapt", "CORPUS"], "--out is missing"),
    (["adapt", "CORPUS", "--out", "OUT", "--recipe", "papper"], "did you mean 'paper'?"),
    (["adapt", "CORPUS", "--out", "OUT", "--set", "train.max_step=1"], "'train.max_steps'?"),
    (["adapt", "CORPUS", "--out", "OUT", "--set", "train.max_steps=ten"], "a whole number"),
    (["adapt", "CORPUS", "--out", "OUT", "--languages", "de"], "--languages 'de': only auto"),
]


@pytest.mark.parametrize(("arguments", "said"), MISUSES, ids=[" ".join(a) for a, _ in MISUSES])
def test_misuse_ends_with_2_and_says_what_to_mend(
    arguments: list[str], said: str, corpus: Path, tmp_path: Path
) -> None:
    places = {"CORPUS": str(corpus), "OUT": str(tmp_path / "out")}
    for place, path in places.items():
        arguments = [argument.replace(place, path) for argument in arguments]
    ran = acclimate(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    # Boxes and folds of the terminal are no part of the message.
    assert said.replace(" ", "") in "".join(ran.err.replace("│", "").split())
    assert "Traceback" not in ran.err
    assert not (tmp_path / "out").exists()


def _failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(api, "search", fail)
    monkeypatch.setattr(api, "adapt", fail)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.ENOSPC, "No space left", "/x/rows"), 1, "/x/rows: the disk is full"),
        (PermissionError(errno.EACCES, "denied", "/x"), 2, "/x: permission denied"),
        (MemoryError(), 1, "out of memory"),
        (RuntimeError("tensor\nmismatch"), 1, "unexpected RuntimeError: tensor. Set ACCLIMATE"),
        (AcclimateError("no gain"), 1, "no gain"),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
)
def test_failures_are_one_line_and_a_code(
    error: BaseException,
    code: int,
    said: str,
    corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _failing(monkeypatch, error)
    ran = acclimate("search", "bm25", corpus, "x", "--json")
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("how", ["--debug", "variable"])
def test_debug_shows_the_traceback(how: str, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _failing(monkeypatch, RuntimeError("tensor"))
    if how == "variable":
        monkeypatch.setenv("ACCLIMATE_DEBUG", "1")
    flags = ["--debug"] if how == "--debug" else []
    ran = acclimate("search", "bm25", corpus, "x", *flags)
    assert ran.code == 1
    assert "Traceback" in ran.err


def test_an_interrupted_adaptation_says_that_it_resumes(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failing(monkeypatch, KeyboardInterrupt())
    ran = acclimate("adapt", corpus, "--out", tmp_path / "out")
    assert ran.code == 130
    assert "run the same command again to go on" in ran.err


def test_a_run_that_cannot_be_saved_is_refused_before_the_work(
    corpus: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    ran = acclimate("evaluate", "bm25", corpus, "--save-run", tmp_path / "file" / "out.trec")
    assert ran.code == 2
    assert str(tmp_path / "file") in ran.err
    assert "encode" not in ran.err


BAD_PLACES = [
    (["adapt", "CORPUS", "--out", "FILE/x"], "FILE/x: part of the path is a file"),
    (["adapt", "CORPUS", "--out", "/proc/x"], "/proc/x: there is no such file or folder"),
    (["index", "CORPUS", "--model", "none", "--out", "/proc/x"], "/proc/x: there is no such file"),
    (["evaluate", "bm25", "CORPUS", "--save-run", "CORPUS"], "CORPUS: no file can be written"),
    (["evaluate", "bm25", "CORPUS", "--save-run", "/proc/x"], "/proc/x: there is no such file"),
    (["export", "CORPUS", "FILE"], "FILE is a file; name a folder"),
]


@pytest.mark.parametrize(
    ("arguments", "said"), BAD_PLACES, ids=[" ".join(a) for a, _ in BAD_PLACES]
)
def test_a_place_that_cannot_be_written_to_is_wrong_use_and_nothing_to_resume(
    arguments: list[str], said: str, corpus: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for place, path in {"CORPUS": corpus, "FILE": tmp_path / "file"}.items():
        arguments = [argument.replace(place, str(path)) for argument in arguments]
        said = said.replace(place, str(path))
    ran = acclimate(*arguments)
    assert ran.code == 2
    assert f"error: {said}" in ran.err
    assert "second run" not in ran.err


def test_folders_that_are_made_beside_what_was_named_are_told(corpus: Path, tmp_path: Path) -> None:
    run = tmp_path / "new" / "out.trec"
    ran = acclimate("evaluate", "bm25", corpus, "--save-run", run)
    assert ran.code == 0
    assert ran.err.startswith(f"note: {run.parent} is not there yet; it will be made for {run}\n")
    again = acclimate("evaluate", "bm25", corpus, "--save-run", run)
    assert "is not there yet" not in again.err


def test_a_library_in_rust_finds_no_folder_and_that_is_told_as_anywhere_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SafetensorError) as raised:
        save_file({"a": torch.zeros(1)}, tmp_path / "absent" / "model.safetensors")
    assert report(raised.value, resumable=True, debug=False) == 2
    assert "there is no such file or folder" in capsys.readouterr().err


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few pages, which only root can make."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    )
    if not made or made.returncode:
        pytest.skip("no disk can be made here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_full_while_a_model_is_saved_is_no_bug(
    tiny_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SafetensorError) as raised:
        save_file({"a": torch.zeros(100_000)}, tiny_disk / "model.safetensors")
    assert report(raised.value, resumable=True, debug=False) == 1
    said = capsys.readouterr().err
    assert "the disk is full" in said
    assert "A second run goes on where this one stopped." in said
    assert "report it" not in said


def test_the_console_script_keeps_stdout_for_the_result(corpus: Path) -> None:
    script = Path(sys.executable).with_name("acclimate")
    ran = subprocess.run(
        [script, "search", "bm25", corpus, "lists", "--json"], capture_output=True, check=False
    )
    assert ran.returncode == 0
    assert ran.stdout.startswith(b"{")
    assert ran.stdout.endswith(b"}\n")
    assert b"index" in ran.stderr
    missing = subprocess.run([script, "search", "bm25"], capture_output=True, check=False)
    assert (missing.returncode, missing.stdout) == (2, b"")


def test_a_reader_that_stops_early_is_no_error(corpus: Path) -> None:
    script = Path(sys.executable).with_name("acclimate")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        ran = subprocess.run(
            [script, "recipes", "paper"], stdout=closed, stderr=subprocess.PIPE, check=False
        )
    assert ran.returncode == 1
    assert ran.stderr == b""
