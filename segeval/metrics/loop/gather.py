"""What every process has, on every process, by one call."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from segeval.errors import InputError
from segeval.metrics.loop.failures import Failure
from segeval.words import beginning


def bytes_of_all(
    make: Callable[[], bytes], failure: Failure | None, group: Any = None
) -> list[bytes]:
    """The bytes of the metrics of all processes, in their order, by one call on every path.

    Args:
        make: makes the bytes of this process.
        failure: why an update failed here; None if none did.
        group: as in `gathered`.

    Raises:
        InputError: if any process failed.
    """
    try:
        own: bytes | Failure = failure or make()
    except Exception as error:
        own = Failure.of(error)  # the others wait: they are told
    every = gathered(own, group)
    for place, found in enumerate(every):
        if isinstance(found, Failure):
            raise found.error(f"process {place}")
    return every


def gathered(own: Any, group: Any = None) -> list[Any]:
    """What all processes of a group give, in their order.

    Args:
        own: what this process gives; anything that can be pickled.
        group: a function that takes `own` and returns the list, such as `allgather` of a
            communicator of mpi4py; a process group of torch; None for all processes of torch, or
            this one alone where torch.distributed was not started.
    """
    if callable(group):
        every = group(own)
        if not isinstance(every, list | tuple) or not every:
            raise InputError(
                f"`group` returned {beginning(repr(every), 40)}, expected a list with what each "
                "process gave.",
                code="process-group",
                option="group",
            )
        return list(every)
    # torch is never imported here: where it gathers, its user has imported it
    torch = sys.modules.get("torch.distributed")
    if torch is None or not torch.is_available() or not torch.is_initialized():
        if group is not None:
            raise InputError(
                f"`group` is {beginning(repr(group), 40)}, but torch.distributed was not started: "
                "expected None, or a function that takes an object and returns those of all "
                "processes.",
                code="process-group",
                option="group",
            )
        return [own]
    found: list[Any] = [None] * torch.get_world_size(group)
    torch.all_gather_object(found, own, group=group)
    return found
