"""Arrays of other libraries, as stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np


class OnlyDlpack:
    """An array of another library that offers nothing but DLPack."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def __dlpack__(self, **options: Any) -> Any:
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.values.__dlpack_device__()


class OnDevice:
    """An array of a library of the array API, in the memory of a device; copies are counted."""

    copies: ClassVar[list[int]] = []
    """The bytes of every copy from the device."""

    device = "device 0"

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def __array_namespace__(self) -> Any:
        return SimpleNamespace(__name__="others", concat=self._concat, uint8=np.uint8)

    @classmethod
    def _concat(cls, arrays: Any) -> OnDevice:
        return cls(np.concatenate([each.values for each in arrays]))

    def __getattr__(self, name: str) -> Any:
        if name in ("dtype", "shape", "ndim", "nbytes", "itemsize", "strides"):
            return getattr(self.values, name)
        raise AttributeError(name)

    def reshape(self, *shape: Any) -> OnDevice:
        return OnDevice(self.values.reshape(*shape))

    def view(self, dtype: Any) -> OnDevice:
        return OnDevice(self.values.view(dtype))

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: Any) -> OnDevice:
        return OnDevice(self.values[place])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        self.copies.append(self.values.nbytes)
        return np.array(self.values, dtype)


def on_device(given: Any, kind: Callable[[Any], Any] = OnDevice) -> Any:
    """A batch whose arrays lie on a device."""
    if isinstance(given, dict):
        return {name: on_device(each, kind) for name, each in given.items()}
    if isinstance(given, list | tuple) and given and isinstance(given[0], dict | np.ndarray):
        return [on_device(each, kind) for each in given]
    return kind(given) if isinstance(given, np.ndarray) else given
