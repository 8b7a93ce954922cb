"""Tensors that say that they lie on a device, on machines without one."""

from __future__ import annotations

from typing import Any, ClassVar

import torch


class OnCuda(torch.Tensor):
    """A tensor of a device; copies are counted, and numpy cannot read it."""

    copies: ClassVar[list[int]] = []
    """The bytes of every copy from the device."""

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return torch.device("cuda", 0)

    def cpu(self, *given: Any) -> torch.Tensor:
        self.copies.append(self.nbytes)
        with torch._C.DisableTorchFunctionSubclass():
            return self.as_subclass(torch.Tensor)

    def __array__(self, *given: Any, **how: Any) -> Any:
        raise TypeError("it is on a device")


def on_cuda(values: torch.Tensor) -> OnCuda:
    """The same tensor on the device."""
    return values.as_subclass(OnCuda)
