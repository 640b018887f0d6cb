import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

import toys
from acclimate.models.dense import DenseEncoder
from acclimate.progress import Silent
from acclimate.settings import TrainSettings
from acclimate.train.batches import Example
from acclimate.train.course import Course
from acclimate.train.encode import GradientEncoder, Text
from acclimate.train.loop import HELD_OUT_QUERIES, Task, train, watched
from toys import Toys

TOYS = toys.toy_passages()
CONTENTS = [toy.passage.content for toy in TOYS]
SETTINGS = TrainSettings(
    per_device_train_batch_size=8,
    max_steps=12,
    save_steps=4,
    warmup_steps=2,
    learning_rate=1e-3,
    negatives=2,
    seed=3,
)


def example(row: int, other: int) -> Example:
    """A query of words from one passage, labelled by how many of them each candidate has."""
    toy = TOYS[row]
    query = f"{toy.own[other % 3]} {toy.topical[other % 10]} {toy.topical[(other + row) % 10]}"
    near, far = (row + 8) % 40, [(row + other + step) % 40 for step in (1, 2, 3)]
    rows = list(dict.fromkeys([row, near, *far]))
    words = query.split()
    values = [sum(word in CONTENTS[each] for word in words) / len(words) for each in rows]
    return Example(query, np.array(rows), np.array(values, dtype=np.float32))


def texts(rows: Sequence[int]) -> list[str]:
    return [CONTENTS[row] for row in rows]


TASK = Task(
    examples=[example(row, other) for row in range(40) for other in range(3)],
    held_out=[example(row, 5) for row in range(40)],
    texts=texts,
    vectors=np.random.default_rng(0).standard_normal((40, 4)),
    settings=SETTINGS,
    topics_seed=0,
)


def task(**settings: object) -> Task:
    return replace(TASK, settings=replace(SETTINGS, **settings))  # type: ignore[arg-type]


def trained(
    toy: Toys, folder: Path, wanted: Task = TASK, dtype: str = "auto"
) -> tuple[Course, dict[str, Tensor]]:
    student = DenseEncoder.load(str(toy.encoder), dtype=dtype)
    course = train(student, wanted, folder, Silent())
    return course, weights(student)


def weights(student: DenseEncoder) -> dict[str, Tensor]:
    return {name: each.detach().clone() for name, each in student.model.named_parameters()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(each, other[name]) for name, each in one.items())


def losses(course: Course) -> list[tuple[int, float, float]]:
    return [(point.step, point.loss, point.held_out_loss) for point in course.points]


class Killed(Exception):
    pass


class Killer(Silent):
    """Kills the training when a number of steps is done."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
        del name, total
        done = 0

        def advance(steps: int) -> None:
            nonlocal done
            done += steps
            if done >= self.steps:
                raise Killed

        yield advance


def kill_at(steps: int, toy: Toys, folder: Path, wanted: Task, dtype: str) -> None:
    with pytest.raises(Killed):
        train(DenseEncoder.load(str(toy.encoder), dtype=dtype), wanted, folder, Killer(steps))


@pytest.mark.parametrize(("dtype", "topic_passages"), [("float32", 8), ("bfloat16", 0)])
def test_resumed_training_ends_with_the_weights_of_one_that_was_not_interrupted(
    toy: Toys, tmp_path: Path, dtype: str, topic_passages: int
) -> None:
    wanted = task(topic_passages=topic_passages)
    whole, expected = trained(toy, tmp_path / "whole", wanted, dtype)
    for steps in (2, 6, 11):  # before the first checkpoint, after it, after the second
        kill_at(steps, toy, tmp_path / "killed", wanted, dtype)
        # What safetensors leaves behind when it dies over a file.
        (tmp_path / "killed" / ".tmpAbCdEf").write_bytes(b"half a state")
    course, found = trained(toy, tmp_path / "killed", wanted, dtype)
    assert not list((tmp_path / "killed").glob(".tmp*"))
    assert same(found, expected)
    assert losses(course) == losses(whole)
    assert (course.step, course.best_step) == (12, whole.best_step)
    states = [load_file(tmp_path / name / "state.safetensors") for name in ("whole", "killed")]
    assert same(*states)


def test_finished_training_is_not_repeated(toy: Toys, tmp_path: Path) -> None:
    first, expected = trained(toy, tmp_path)

    def unreadable(rows: Sequence[int]) -> list[str]:
        raise AssertionError(f"asked for the texts of {rows}")

    again, found = trained(toy, tmp_path, replace(TASK, texts=unreadable))
    assert again == first
    assert same(found, expected)


def test_seed_gives_the_same_model_twice_and_another_seed_another(
    toy: Toys, tmp_path: Path
) -> None:
    one, again, other = (
        trained(toy, tmp_path / name, task(seed=seed))[1]
        for name, seed in (("one", 1), ("again", 1), ("other", 2))
    )
    assert same(one, again)
    assert not same(one, other)


@pytest.mark.parametrize("kept", [0.0, 0.9])
def test_truncated_state_is_not_used(toy: Toys, tmp_path: Path, kept: float) -> None:
    whole, expected = trained(toy, tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    state = tmp_path / "cut" / "state.safetensors"
    content = state.read_bytes()
    state.write_bytes(content[: int(len(content) * kept)])
    course, found = trained(toy, tmp_path / "cut")
    assert losses(course) == losses(whole)
    assert same(found, expected)


def held_out_loss(student: DenseEncoder, folder: Path, wanted: Task) -> float:
    """Measured by a training of no steps."""
    nothing = replace(wanted, settings=replace(wanted.settings, max_steps=0))
    [point] = train(student, nothing, folder, Silent()).points
    return point.held_out_loss


@pytest.mark.parametrize(
    ("wanted", "share"),
    [
        (task(max_steps=60, save_steps=10), 0.8),
        (task(max_steps=60, save_steps=10, objective="kl", scale=5.0), 0.8),
        (task(max_steps=60, save_steps=10, objective="mnrl", scale=20.0, negatives=0), 0.8),
        # So few passages of a group are labelled here that there is less to learn from.
        (task(max_steps=60, save_steps=10, topic_passages=8), 0.95),
    ],
    ids=["margin-mse", "kl", "mnrl", "topic batches"],
)
def test_training_lowers_the_held_out_loss_and_leaves_the_best_weights(
    toy: Toys, tmp_path: Path, wanted: Task, share: float
) -> None:
    student = DenseEncoder.load(str(toy.encoder), dtype="float32")
    course = train(student, wanted, tmp_path / "run", Silent())
    assert course.best_step > 0
    assert course.best_loss < share * course.points[0].held_out_loss
    assert held_out_loss(student, tmp_path / "left", wanted) == pytest.approx(
        course.best_loss, abs=2e-6
    )
    assert same(load_file(tmp_path / "run" / "best.safetensors"), weights(student))


@pytest.mark.parametrize(
    ("prompts", "query", "passage"),
    [
        ({}, None, None),
        ({"query": "", "document": ""}, None, None),
        ({"query": "find: ", "document": "read: ", "corpus": "no: "}, "find: ", "read: "),
        ({"query": "find: ", "corpus": "read: "}, "find: ", "read: "),
        # The first name decides, empty or not: sentence-transformers encodes passages so too.
        ({"document": "", "passage": "no: "}, None, None),
    ],
)
def test_texts_are_trained_with_the_prompts_that_they_are_encoded_with(
    toy: Toys,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    prompts: dict[str, str | None],
    query: str | None,
    passage: str | None,
) -> None:
    student = DenseEncoder.load(str(toy.encoder))
    student.model.prompts = prompts
    seen: dict[str, str | None] = {}
    real = GradientEncoder.encode

    def noted(self: GradientEncoder, given: Sequence[Text]) -> Tensor:
        seen.update((str(text.content), text.prompt) for text in given)
        return real(self, given)

    monkeypatch.setattr(GradientEncoder, "encode", noted)
    train(student, task(max_steps=1), tmp_path, Silent())
    assert {seen.pop(text) for text in CONTENTS if text in seen} == {passage}
    assert set(seen.values()) == {query}


def test_model_is_left_in_fp32_and_without_dropout(toy: Toys, tmp_path: Path) -> None:
    student = DenseEncoder.load(str(toy.encoder), dtype="bfloat16")
    train(student, TASK, tmp_path, Silent())
    assert {each.dtype for each in student.model.parameters()} == {torch.float32}
    assert not any(module.training for module in student.model.modules())


@pytest.mark.parametrize("rate", [5e-3, 0.3])
def test_best_step_is_the_one_with_the_least_held_out_loss(
    toy: Toys, tmp_path: Path, rate: float
) -> None:
    course, _ = trained(toy, tmp_path, task(save_steps=1, learning_rate=rate))
    best = min(course.points, key=lambda point: point.held_out_loss)
    assert course.best_step == best.step


def test_training_that_only_harms_leaves_the_original_weights(toy: Toys, tmp_path: Path) -> None:
    # The teacher of the held-out queries wants what the student gives already.
    start = DenseEncoder.load(str(toy.encoder), dtype="float32")
    content = start.encode_passages(CONTENTS)
    held_out = [
        replace(each, values=content[each.rows] @ start.encode_queries([each.query])[0])
        for each in TASK.held_out
    ]
    course, found = trained(toy, tmp_path, replace(TASK, held_out=held_out), "float32")
    assert course.best_step == 0
    assert course.points[-1].held_out_loss > course.points[0].held_out_loss
    assert same(found, weights(start))


def test_loss_that_stays_as_it_is_picks_no_step(toy: Toys, tmp_path: Path) -> None:
    # Several losses, of which some are rounded up and some down.
    for start in range(6):
        wanted = replace(task(learning_rate=0.0, max_steps=1), held_out=TASK.held_out[start::6])
        course, _ = trained(toy, tmp_path / str(start), wanted)
        assert (course.step, course.best_step) == (1, 0)


def test_queries_that_choose_the_step_come_from_all_of_the_held_out_ones() -> None:
    held_out = [replace(example(row, 5), query=f"query {row}") for row in range(40)]
    asked_twice = [*held_out, *held_out * 9]
    chosen = watched(asked_twice, seed=1)
    assert len(chosen) == HELD_OUT_QUERIES
    assert {each.query for each in chosen[:40]} == {each.query for each in held_out}
    assert [each.query for each in chosen] == [each.query for each in watched(asked_twice, seed=1)]
    assert {each.query for each in watched(held_out[:3], seed=2)} == {
        "query 0",
        "query 1",
        "query 2",
    }


def test_without_labels_no_more_negatives_are_looked_at_than_are_trained_with(
    toy: Toys, tmp_path: Path
) -> None:
    unlabelled = replace(TASK, settings=replace(SETTINGS, objective="mnrl", negatives=0))
    only_positives = replace(
        unlabelled, held_out=[replace(each, rows=each.rows[:1]) for each in TASK.held_out]
    )
    losses = [
        train(DenseEncoder.load(str(toy.encoder)), task, tmp_path / str(number), Silent())
        .points[0]
        .held_out_loss
        for number, task in enumerate((unlabelled, only_positives))
    ]
    assert losses[0] == losses[1]
