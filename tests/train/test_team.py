"""Several processes that train together, here on one CPU."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from test_loop import TASK, Killer, same, task, trained
from torch import Tensor

from acclimate.models.dense import DenseEncoder
from acclimate.progress import Progress, Silent
from acclimate.train.learner import Learner
from acclimate.train.loop import Task, train
from acclimate.train.team import join
from together import LOST, together
from toys import Toys

#: Queries that each process adds to a batch.
EACH = 3


def short(**settings: object) -> Task:
    return task(max_steps=6, save_steps=3, per_device_train_batch_size=EACH, **settings)


def with_batch(wanted: Task, size: int) -> Task:
    return replace(wanted, settings=replace(wanted.settings, per_device_train_batch_size=size))


def train_together(encoder: Path, wanted: Task, folder: Path, progress: Progress) -> None:
    """What `adapt` does in each process when it comes to the training."""
    with join() as team:
        student = DenseEncoder.load(str(encoder), dtype="float32")
        if team.rank > 0:
            Learner(student, wanted.settings, team).follow()
        else:
            train(student, wanted, folder, progress, team)


def state(folder: Path) -> dict[str, Tensor]:
    return load_file(folder / "state.safetensors")


def farthest(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return max(float((each - other[name]).abs().max()) for name, each in one.items())


@pytest.mark.parametrize(
    "wanted",
    [
        short(dropout=False, max_grad_norm=0.01),
        # Batches of as many queries as a topic has, and of passages that they share.
        short(dropout=False, objective="kl", scale=5.0, topic_passages=10),
    ],
    ids=["clipped margins", "topics"],
)
def test_processes_train_like_one_whose_batch_is_as_large_as_theirs_together(
    toy: Toys, tmp_path: Path, wanted: Task
) -> None:
    arguments = (toy.encoder, wanted, tmp_path / "together", Silent())
    assert together(2, train_together, *arguments) == [0, 0]
    trained(toy, tmp_path / "one", with_batch(wanted, 2 * EACH), "float32")
    trained(toy, tmp_path / "other", wanted, "float32")
    assert farthest(state(tmp_path / "together"), state(tmp_path / "one")) < 1e-5
    assert farthest(state(tmp_path / "together"), state(tmp_path / "other")) > 1e-3


def test_a_process_without_a_text_to_encode_trains_along(toy: Toys, tmp_path: Path) -> None:
    first = TASK.examples[0]
    pair = replace(first, rows=first.rows[:2], values=first.values[:2])
    wanted = replace(short(dropout=False), examples=[pair])  # three texts for four processes
    arguments = (toy.encoder, wanted, tmp_path / "together", Silent())
    assert together(4, train_together, *arguments) == [0] * 4
    trained(toy, tmp_path / "one", wanted, "float32")
    assert farthest(state(tmp_path / "together"), state(tmp_path / "one")) < 1e-5


def test_the_seed_decides_the_dropout_of_every_process(toy: Toys, tmp_path: Path) -> None:
    for name in ("one", "again"):
        arguments = (toy.encoder, short(), tmp_path / name, Silent())
        assert together(2, train_together, *arguments) == [0, 0]
    assert same(state(tmp_path / "one"), state(tmp_path / "again"))


def test_the_others_end_when_training_fails_in_the_first_process(toy: Toys, tmp_path: Path) -> None:
    arguments = (toy.encoder, short(), tmp_path, Killer(3))
    assert together(3, train_together, *arguments) == [1, LOST, LOST]


def leave(who: int) -> None:
    """One process ends, while the other waits for it."""
    with join() as team:
        team.add_up([torch.ones(2)])
        if team.rank == who:
            raise SystemExit(0)
        team.add_up([torch.ones(2)])


@pytest.mark.parametrize("who", [0, 1])
def test_no_process_waits_for_one_that_has_ended(who: int) -> None:
    codes = together(2, leave, who)
    assert (codes[who], codes[1 - who]) == (0, LOST)


def test_a_team_can_meet_again(tmp_path: Path) -> None:
    assert together(2, _meet_twice) == [0, 0]


def _meet_twice() -> None:
    for value in ("once", "again"):
        with join() as team:
            told = team.tell(value) if team.rank == 0 else team.hear()
            assert told == value
