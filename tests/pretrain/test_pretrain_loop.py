"""The loop: what it draws, what it keeps, and how it goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import pytest
import torch

from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.loop import batches, pretrain
from acclimate.pretrain.mlm import Mlm
from acclimate.progress import Silent
from acclimate.settings import MlmSettings, PretrainSettings
from dialects import Dialects

Student = Callable[..., DenseEncoder]

SETTINGS = PretrainSettings(max_steps=4, save_steps=2, learning_rate=1e-3, warmup_steps=1)


class Killed(Exception):
    pass


def test_an_epoch_takes_every_passage_once() -> None:
    drawn = list(islice(batches(range(10), 4, 0), 4))
    assert [len(each) for each in drawn] == [4, 4, 4, 4]
    assert len({row for each in drawn[:2] for row in each}) == 8
    assert drawn[:2] != drawn[2:]
    assert drawn == list(islice(batches(range(10), 4, 0), 4))


def test_a_corpus_smaller_than_a_batch_is_one_batch() -> None:
    assert sorted(next(batches([3, 5], 8, 0))) == [3, 5]


def test_a_stopped_pre_training_ends_as_one_that_was_not(
    student: Student, corpus: Dialects, tmp_path: Path
) -> None:
    def run(folder: Path, fatal: int = -1) -> dict[str, torch.Tensor]:
        torch.manual_seed(0)
        method = Mlm(student("bert"), MlmSettings())
        calls = iter(range(99))

        def texts(rows: Sequence[int]) -> list[str]:
            if next(calls) == fatal:
                raise Killed
            return [corpus.texts[row] for row in rows]

        course = pretrain(method, range(len(corpus.texts)), texts, SETTINGS, folder, Silent())
        assert (course.step, course.best_step, len(course.points)) == (4, 4, 2)
        return method.parts["student"].state_dict()

    whole = run(tmp_path / "whole")
    with pytest.raises(Killed):
        run(tmp_path / "killed", fatal=3)
    resumed = run(tmp_path / "killed")
    assert all(torch.equal(resumed[name], weight) for name, weight in whole.items())
    again = run(tmp_path / "whole", fatal=0)  # has nothing left to do
    assert all(torch.equal(again[name], weight) for name, weight in whole.items())
