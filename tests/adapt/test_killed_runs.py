"""Kill -9 in the middle of every stage: the resumed run ends with the same rows and weights."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import deadly
import pytest
import tiny

from acclimate.settings import Recipe
from together import in_processes
from toys import Toys

#: What is about to appear when the process dies, and for which time.
KILLS = {
    "reading": ("passages-*.sqlite", 1),
    "generating": ("stages/generate-*/00001.jsonl", 1),
    "drawing sentences": ("stages/sentences-*/00001.receipt", 1),
    "encoding": ("stages/vectors-*/00001.npy", 1),
    "joining vectors": ("stages/vectors-*/vectors.npy", 1),
    "encoding queries": ("stages/query-vectors-*/00001.npy", 1),
    "filtering": ("stages/filter-*/00001.receipt", 1),
    "mining": ("stages/mine-*/00001.jsonl", 1),
    "labelling": ("stages/label-bm25-*/00001.receipt", 1),
    "labelling by the student": ("stages/label-student-*/00001.receipt", 1),
    "labelling again": ("stages/label-cross-*/00002.jsonl", 1),
    "training": ("stages/train-*/best.safetensors", 2),
    "noting a step": ("stages/train-*/state.safetensors", 3),
    "saving the model": ("stages/train-*/model", 1),
    "publishing": ("model", 1),
    "recommending": ("recommended.txt", 1),
}


def in_a_process(*arguments: object) -> int | None:
    [code] = in_processes(deadly.run, arguments)
    return code


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def recipe(toy: Toys) -> Recipe:
    return tiny.recipe(toy, "bm25", "student", f"cross-encoder:{toy.cross}")


@pytest.fixture(scope="module")
def whole(corpus: Path, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    assert in_a_process(corpus, out, recipe) == 0
    return out


def contents(out: Path) -> dict[str, bytes]:
    """What a run leaves, byte for byte, apart from the seconds that it took."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for pattern in ("stages/**/*.jsonl", "stages/**/*.npy", "stages/**/model/*.*")
        for path in out.glob(pattern)
    }


def receipts(out: Path) -> dict[str, dict[str, Any]]:
    found = {
        str(path.relative_to(out)): json.loads(path.read_bytes())
        for path in out.glob("stages/*/*.receipt")
    }
    return {name: receipt | {"seconds": 0} for name, receipt in found.items()}


@pytest.mark.parametrize(("fatal", "nth"), KILLS.values(), ids=KILLS)
def test_killed_run_goes_on_and_ends_as_one_that_was_not_interrupted(
    fatal: str, nth: int, whole: Path, corpus: Path, recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert in_a_process(corpus, out, recipe, fatal, nth) == -signal.SIGKILL
    assert not (out / "recommended.txt").exists()
    assert in_a_process(corpus, out, recipe) == 0
    assert contents(out) == contents(whole)
    assert receipts(out) == receipts(whole)
    assert (out / "report.html").exists()


def test_shards_are_small_enough_to_be_killed_between(whole: Path) -> None:
    for stage in ("generate", "sentences", "filter", "mine", "label-bm25", "label-cross"):
        assert len(list(whole.glob(f"stages/{stage}*/*.receipt"))) > 2
