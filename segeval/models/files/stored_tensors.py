"""PyTorch's tensors in pickles, from the descriptions of their calls and the bytes beside them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segeval.models.files.pickle_machine import Call, Damaged, Name, Stored
from segeval.models.files.stored_arrays import check_shape

STORAGES = {
    "torch.DoubleStorage": torch.float64,
    "torch.FloatStorage": torch.float32,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.LongStorage": torch.int64,
    "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16,
    "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8,
    "torch.BoolStorage": torch.bool,
}
"""Type of the numbers of each kind of storage."""

REBUILT = ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor")
WRAPPED = (
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
)
OF_TYPE = "torch._tensor._rebuild_from_type_v2"

NAMES = frozenset(
    [
        *STORAGES, *REBUILT, *WRAPPED, OF_TYPE,
        "torch.Size", "torch.Tensor", "torch.nn.parameter.Parameter",
    ]
)  # fmt: skip
"""Names that tensors need."""


class Storages:
    """The bytes of the tensors of a file.

    Args:
        bytes_of: the bytes of a storage by its key; they are shared with the tensors.
        longest: bytes that a tensor may claim, which of views may be more than their storage has.
        order: of the bytes of each number, "little" or "big".
    """

    def __init__(
        self, bytes_of: Callable[[str], memoryview], longest: int, *, order: str = "little"
    ) -> None:
        self._bytes_of, self._longest, self._order = bytes_of, longest, order
        self._read: dict[str, Tensor] = {}

    def tensor(self, value: Any) -> Tensor | None:
        """The tensor that a call describes; None for anything else.

        Raises:
            Damaged: if it claims numbers that its storage does not have.
        """
        call = _without_wrapping(value)
        if call is None or len(call.arguments) < 4:
            return None
        stored, offset, shape, strides = call.arguments[:4]
        flat = self._storage(stored)
        shape, strides = check_shape(shape), check_shape(strides)
        if type(offset) is not int or offset < 0 or len(shape) != len(strides):
            raise Damaged(f"a tensor of shape {shape} has no place in its storage")
        size = math.prod(shape)
        last = offset + sum((side - 1) * step for side, step in zip(shape, strides, strict=True))
        if size and (last >= len(flat) or size * flat.itemsize > self._longest):
            raise Damaged(
                f"a tensor of shape {shape} needs more than the {len(flat):,} numbers of its "
                "storage"
            )
        return flat.as_strided(shape, strides, offset) if size else flat.new_empty(shape)

    def _storage(self, stored: Any) -> Tensor:
        """All numbers of a storage, of one dimension."""
        key, kind, count = storage_of(stored)
        if key not in self._read:
            data = self._bytes_of(key)
            if count * kind.itemsize > len(data):
                raise Damaged(
                    f"storage {key[:40]} has {len(data):,} bytes, expected "
                    f"{count * kind.itemsize:,}"
                )
            used = data[: count * kind.itemsize]
            self._read[key] = numbers(used, kind, order=self._order)
        if self._read[key].dtype != kind or len(self._read[key]) < count:
            raise Damaged(f"storage {key[:40]} is of two types")
        return self._read[key]


def storage_of(stored: Any) -> tuple[str, torch.dtype, int]:
    """Key, type and number of numbers of a storage that a file refers to.

    Raises:
        Damaged: if it is none.
    """
    place = stored.place if isinstance(stored, Stored) else None
    if isinstance(place, tuple) and len(place) >= 5 and place[0] == "storage":
        if len(place) > 5 and place[5] is not None:
            raise Damaged("a storage is a part of another one, as PyTorch before 0.4 wrote it")
        kind, key, count = place[1], place[2], place[4]
        known = isinstance(kind, Name) and kind.name in STORAGES
        if known and isinstance(key, str) and type(count) is int and 0 <= count < 1 << 60:
            return key, STORAGES[kind.name], count
    raise Damaged("a tensor has no storage of numbers")


def _without_wrapping(value: Any) -> Call | None:
    """The call that makes the tensor of a parameter, or the tensor itself."""
    for _ in range(3):
        if not isinstance(value, Call) or not value.arguments:
            return None
        if value.name in REBUILT:
            return value
        if value.name in WRAPPED:
            value = value.arguments[0]
        elif value.name == OF_TYPE and len(value.arguments) >= 3:
            function, _, arguments = value.arguments[:3]
            if not isinstance(function, Name) or not isinstance(arguments, tuple):
                return None
            value = Call(function.name, arguments)
        else:
            return None
    return None


def numbers(data: memoryview, kind: torch.dtype, *, order: str = "little") -> Tensor:
    """Bytes as numbers, of one dimension.

    Args:
        data: whole numbers of the type, which the result shares where the machine can read them in
            place.
        kind: type of the numbers.
        order: of their bytes, "little" or "big".
    """
    if not len(data):
        return torch.empty(0, dtype=kind)
    flat = np.frombuffer(data, np.uint8)
    if order != sys.byteorder:
        flat = flat.view(f"u{kind.itemsize}").byteswap().view(np.uint8)
    if flat.ctypes.data % kind.itemsize or not flat.flags.writeable:
        flat = flat.copy()
    return torch.from_numpy(flat).view(kind)


def sizes_of(stored: Collection[Stored]) -> dict[str, int]:
    """Bytes of each storage that a file refers to, by its key."""
    found = (storage_of(each) for each in stored)
    return {key: count * kind.itemsize for key, kind, count in found}
