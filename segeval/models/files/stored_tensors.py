"""PyTorch's tensors over the bytes of a file."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segeval.models.files.pickle_machine import Damaged
from segeval.models.files.tensor_calls import TensorCall, tensor_call

KINDS = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip
"""Types of numbers by their names in safetensors."""


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
        call = tensor_call(value)
        if call is None:
            return None
        flat = self._storage(call)
        call.require_inside(len(flat), self._longest)
        if not math.prod(call.shape):
            return flat.new_empty(call.shape)
        return flat.as_strided(call.shape, call.strides, call.offset)

    def _storage(self, call: TensorCall) -> Tensor:
        """All numbers of a storage, of one dimension."""
        key, kind, count = call.key, KINDS[call.kind], call.count
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
