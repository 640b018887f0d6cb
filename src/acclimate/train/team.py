"""Processes that train together: who they are, and what they tell one another.

torchrun starts one process for each GPU, all with the same command. The first one leads: it alone
reads and writes the run folder, and tells the others what to do next. Words go through gloo,
which wakes the others when the first one dies; tensors on GPUs through NCCL.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from acclimate.errors import ProcessLost, UsageError

T = TypeVar("T")

#: How long the processes wait for one another to start.
MEETING = timedelta(minutes=10)
#: How long the others wait for the first one, which may generate and label for days.
PATIENCE = timedelta(days=60)

_meetings = count()


@dataclass(frozen=True, slots=True)
class Team:
    """One process's place among `size`; `rank` counts from 0, the one that leads."""

    rank: int
    size: int

    def share(self, items: Sequence[T]) -> Sequence[T]:
        """What this process does of a list that all of them have."""
        return items[self.rank :: self.size]

    def tell(self, value: T) -> T:
        """Called by the first process: the others `hear` the value."""
        self._broadcast([value])
        return value

    def hear(self) -> Any:
        """Called by the others: wait for what the first process tells next."""
        return self._broadcast([None])

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors of one type and device by their sums over the processes."""
        if self.size == 1:
            return
        # One exchange instead of one for each weight.
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        with self._connected():
            dist.all_reduce(flat)
        sums = torch.split(flat, [tensor.numel() for tensor in tensors])
        for tensor, summed in zip(tensors, sums, strict=True):
            tensor.copy_(summed.view_as(tensor))

    def _broadcast(self, box: list[Any]) -> Any:
        if self.size > 1:
            with self._connected():
                dist.broadcast_object_list(box, src=0, device=torch.device("cpu"))
        return box[0]

    @contextmanager
    def _connected(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            raise ProcessLost(
                f"process {self.rank} of {self.size} stops, because another one that trains with "
                "it has ended; what that one says is the reason"
            ) from error


#: A process that nobody trains with.
ALONE = Team(0, 1)


@contextmanager
def join() -> Iterator[Team]:
    """The team of the processes that torchrun started, else a team of one.

    Raises UsageError where a machine has fewer GPUs than processes, ProcessLost where they do not
    find one another.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        yield ALONE
        return
    if torch.cuda.is_available():
        _take_gpu(int(os.environ["LOCAL_RANK"]))
    team = _meet()
    yield team
    team.add_up([torch.zeros(1)])  # nobody leaves before all have heard the last word
    # Not after a failure: NCCL would wait here for the others, who wait for this process.
    dist.destroy_process_group()


def _meet() -> Team:
    try:
        store, rank, size = _meeting_place()
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo",
            # Each meeting under a name of its own: the next would find addresses of the last.
            store=PrefixStore(f"acclimate-{next(_meetings)}", store),
            rank=rank,
            world_size=size,
            timeout=PATIENCE,
        )
    except RuntimeError as error:
        place = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise ProcessLost(
            f"process {os.environ['RANK']} did not meet the others that torchrun started at {place}"
            f"; one of them has ended, or the place is taken ({str(error).splitlines()[0][:120]})"
        ) from error
    return Team(rank, size)


@cache
def _meeting_place() -> tuple[Store, int, int]:
    """Where the processes leave their addresses, and this one's rank among so many.

    One for all meetings of a process: the first process may be the one that keeps the place, and
    with a new one each time another could still come to the old one while that is being closed.
    """
    place: tuple[Store, int, int] = next(rendezvous("env://", timeout=MEETING))
    return place


def _take_gpu(place: int) -> None:
    gpus = torch.cuda.device_count()
    if place >= gpus:
        raise UsageError(
            f"torchrun started {place + 1} processes or more on a machine with {gpus} GPUs; "
            f"give it --nproc_per_node {gpus}"
        )
    torch.cuda.set_device(place)
