"""What every process has, on every process, by one call."""

from __future__ import annotations

import sys
from typing import Any


def gathered(own: Any, group: Any = None) -> list[Any]:
    """What all processes of a group give, in their order.

    Args:
        own: what this process gives; anything that can be pickled.
        group: a function that takes `own` and returns the list, such as `allgather` of a
            communicator of mpi4py; a process group of torch; None for all processes of torch, or
            this one alone where torch.distributed was not started.
    """
    if callable(group):
        return list(group(own))
    # torch is never imported here: where it gathers, its user has imported it
    torch = sys.modules.get("torch.distributed")
    if torch is None or not torch.is_available() or not torch.is_initialized():
        return [own]
    found: list[Any] = [None] * torch.get_world_size(group)
    torch.all_gather_object(found, own, group=group)
    return found
