"""`torchrun ... -m acclimate adapt`: the first process does it all, the others help to train."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
from safetensors.torch import load_file

from acclimate.api import adapt
from acclimate.progress import Silent
from acclimate.runs import Run
from dying import arm
from together import LOST, together
from toys import Toys

RECIPE = """
base = "offline"
[student]
model = "{encoder}"
dtype = "float32"
[generate]
own_sentences = 3
only_own_sentences = true
[train]
per_device_train_batch_size = 6
max_steps = 6
save_steps = 3
learning_rate = 1e-3
held_out = 0.2
[measure]
measures = "nDCG@10"
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def recipe(toy: Toys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(RECIPE.format(encoder=toy.encoder))
    return path


def torchrun(corpus: Path, recipe: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """The command in two processes."""
    start = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command = ["-m", "acclimate", "adapt", corpus, "--recipe", recipe, "--out", out, "--json"]
    return subprocess.run(
        [sys.executable, *start, *map(str, command)],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=False,
    )


@pytest.fixture(scope="module")
def whole(
    corpus: Path, recipe: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run by two processes that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    return out, torchrun(corpus, recipe, out)


Whole = tuple[Path, subprocess.CompletedProcess[str]]


def test_only_the_first_process_speaks(whole: Whole) -> None:
    out, ran = whole
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)  # one object, where two processes could have printed two
    assert found["training"]["processes"] == 2
    assert found["model"] == str(out / "model")
    assert ran.stderr.count("mine") == 1


def test_two_processes_end_with_the_weights_of_one_with_a_batch_twice_as_large(
    whole: Whole, corpus: Path, recipe: Path, tmp_path: Path
) -> None:
    double = ["train.per_device_train_batch_size=12"]
    assert adapt(corpus, tmp_path, recipe, overrides=double).training.processes == 1
    found, expected = (
        load_file(out / "model" / "model.safetensors") for out in (whole[0], tmp_path)
    )
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert (found[name] - tensor).abs().max() < 1e-5


def adapt_deadly(corpus: Path, recipe: Path, out: Path, fatal: str, nth: int) -> None:
    """The first process dies of the nth rename to a path that is like `fatal`, if any."""
    if fatal and os.environ["RANK"] == "0":
        arm(f"{out}/{fatal}", nth)
    assert adapt(corpus, out, recipe).model == out / "model"


def test_killed_run_of_two_processes_goes_on_and_ends_as_one_that_was_not_interrupted(
    whole: Whole, corpus: Path, recipe: Path, tmp_path: Path
) -> None:
    # The third state is that of the last step: the second, of step 3, is where it goes on.
    dying = (corpus, recipe, tmp_path, "stages/train-*/state.safetensors", 3)
    assert together(2, adapt_deadly, *dying) == [-signal.SIGKILL, LOST]
    assert not (tmp_path / "model").exists()
    assert together(2, adapt_deadly, corpus, recipe, tmp_path, "", 0) == [0, 0]
    found, expected = (
        {path.name: path.read_bytes() for path in out.glob("stages/train-*/model/*.*")}
        for out in (tmp_path, whole[0])
    )
    assert found == expected
    assert "model.safetensors" in found


def test_processes_go_through_rounds_and_mixtures_together(
    corpus: Path, recipe: Path, tmp_path: Path
) -> None:
    rounds = tmp_path / "rounds.toml"
    more = "mine_again = 1\nmerge = [0.5, 1.0]\nlora_rank = 2\n[measure]"
    rounds.write_text(recipe.read_text().replace("[measure]", more))
    assert together(2, adapt_deadly, corpus, rounds, tmp_path / "out", "", 0) == [0, 0]
    assert len(list((tmp_path / "out").glob("stages/train-*/model"))) == 2


def test_all_processes_end_when_the_first_one_is_refused(
    corpus: Path, recipe: Path, tmp_path: Path
) -> None:
    with Run(tmp_path, Silent()):
        ran = torchrun(corpus, recipe, tmp_path)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.count(f"is in use by process {os.getpid()}") == 1
