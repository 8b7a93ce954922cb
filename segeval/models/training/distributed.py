"""Several processes that train one model, each on its share of the images.

`torchrun` starts them with environment variables, which the command line passes on. A single
process skips all of this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from segeval.errors import InputError
from segeval.models.networks.batches import Batch

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """This process among all that share the work.

    Attributes:
        rank: its number, from 0.
        world: number of processes.
        objects: the group that sends Python objects; None for the default one.
    """

    rank: int = 0
    world: int = 1
    objects: Any = None

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and talks to the user."""
        return self.rank == 0

    def sums(self, numbers: Tensor) -> Tensor:
        """Sums over all processes, in every process."""
        if self.world > 1:
            distributed.all_reduce(numbers)
        return numbers

    def gather(self, value: Any) -> list[Any] | None:
        """In the first process the values of all, by rank; None in the others."""
        if self.world == 1:
            return [value]
        values: list[Any] | None = [None] * self.world if self.is_first else None
        distributed.gather_object(value, values, dst=0, group=self.objects)
        return values

    def from_first(self, value: Any) -> Any:
        """The first process's value, in every process."""
        if self.world == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values, src=0, group=self.objects)
        return values[0]

    def together(self, work: Callable[[], T]) -> T:
        """The result of this process's work.

        Raises:
            InputError: in every process if the work of any raises it, so that none waits for
                ever.
        """
        if self.world == 1:
            return work()
        value, problem = None, None
        try:
            value = work()
        except InputError as found:
            problem = (found.message, found.code, found.path)
        problems: list[tuple[str, str, str | None] | None] = [None] * self.world
        distributed.all_gather_object(problems, problem, group=self.objects)
        for each in filter(None, problems):
            raise InputError(each[0], code=each[1], path=each[2])
        return cast("T", value)

    def share_state(self, model: nn.Module) -> None:
        """Give every process the first one's weights and statistics."""
        if self.world > 1:
            for each in model.state_dict().values():
                distributed.broadcast(each, src=0)


ALONE = Processes()
"""One process."""

LONGEST_WAIT = timedelta(hours=12)
"""Time that processes wait for each other: the others wait while the first measures."""


@contextmanager
def connected(environment: Mapping[str, str], device: torch.device) -> Iterator[Processes]:
    """A context in which the processes of `torchrun` are connected.

    Args:
        environment: with RANK, WORLD_SIZE and LOCAL_RANK; without them there is one process.
        device: of the model.

    Raises:
        InputError: if there are several processes and RANK or LOCAL_RANK is not a number.
    """
    try:
        world = int(environment.get("WORLD_SIZE", "1"))
        rank = int(environment["RANK"]) if world > 1 else 0
        local = int(environment["LOCAL_RANK"]) if world > 1 else 0
    except (KeyError, ValueError) as problem:
        raise InputError(
            f"WORLD_SIZE is {environment.get('WORLD_SIZE')!r}, but {problem} is not a number. "
            "Start several processes with torchrun.",
            code="torchrun",
        ) from None
    if world == 1:
        yield ALONE
        return
    on_gpu = device.type == "cuda"
    if on_gpu:
        torch.cuda.set_device(local)
    distributed.init_process_group(
        "nccl" if on_gpu else "gloo", rank=rank, world_size=world, timeout=LONGEST_WAIT
    )
    try:
        group = distributed.new_group(backend="gloo", timeout=LONGEST_WAIT) if on_gpu else None
        yield Processes(rank, world, group)
    finally:
        distributed.destroy_process_group()


class Losses(nn.Module):
    """A model whose forward returns its losses, because processes share only forward's work.

    Args:
        model: with a method `losses`.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses by name, scalars."""
        losses: dict[str, Tensor] = self.model.losses(batch, generator=generator)  # type: ignore[operator]
        return losses


def shared_losses(model: nn.Module, processes: Processes) -> nn.Module:
    """The losses of a model, as a module with gradients averaged over all processes."""
    losses = Losses(model)
    if processes.world == 1:
        return losses
    return DistributedDataParallel(losses)


def unshared(losses: nn.Module, *, last: bool) -> AbstractContextManager[Any]:
    """A context that keeps gradients in their process until the last part of an update."""
    if last or not isinstance(losses, DistributedDataParallel):
        return nullcontext()
    return losses.no_sync()
