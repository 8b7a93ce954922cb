"""Peak memory of tensors."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def peak_bytes(work: Callable[[], object], device: torch.device) -> int:
    """Peak bytes of the tensors that some work allocates.

    Args:
        work: allocates tensors, without gradients.
        device: on a CUDA device the allocator is asked; on any other, tensors that operators
            return are counted, without buffers inside operators.

    Example:
        >>> peak_bytes(lambda: torch.zeros(1000).relu(), torch.device("cpu"))
        8000
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        with torch.no_grad():
            work()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    allocations = _Allocations()
    with torch.no_grad(), allocations:
        work()
    return allocations.peak


class _Allocations(TorchDispatchMode):
    """Tracks the storage of every tensor that an operator returns, until it is freed."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now, self.peak = 0, 0
        self._sizes: dict[int, int] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        self._follow(tree_leaves((args, kwargs)), counted=False)  # existed before
        found = func(*args, **kwargs)
        self._follow(tree_leaves(found), counted=True)
        return found

    def _follow(self, values: Iterable[object], *, counted: bool) -> None:
        for value in values:
            if not isinstance(value, Tensor):
                continue
            storage = value.untyped_storage()
            key = storage._cdata
            if key in self._sizes:
                continue
            self._sizes[key] = storage.nbytes() if counted else 0
            self.now += self._sizes[key]
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._forget, key)

    def _forget(self, key: int) -> None:
        self.now -= self._sizes.pop(key)
