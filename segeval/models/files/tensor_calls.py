"""PyTorch's tensors in pickles, from the descriptions of their calls; without PyTorch."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from segeval.models.files.number_kinds import ITEM_BYTES
from segeval.models.files.pickle_machine import Call, Damaged, Name, Stored
from segeval.models.files.stored_arrays import check_shape

STORAGES = {
    "torch.DoubleStorage": "F64",
    "torch.FloatStorage": "F32",
    "torch.HalfStorage": "F16",
    "torch.BFloat16Storage": "BF16",
    "torch.LongStorage": "I64",
    "torch.IntStorage": "I32",
    "torch.ShortStorage": "I16",
    "torch.CharStorage": "I8",
    "torch.ByteStorage": "U8",
    "torch.BoolStorage": "BOOL",
}
"""Kind of the numbers of each storage."""

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


@dataclass(frozen=True)
class TensorCall:
    """Where the numbers of a tensor are.

    Attributes:
        key: of the storage.
        kind: of its numbers.
        count: of the numbers of the storage.
        offset: of the first one of the tensor.
        shape: sides of the tensor.
        strides: numbers from one entry of each side to the next.
    """

    key: str
    kind: str
    count: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def require_inside(self, found: int, longest: int) -> None:
        """Refuse a tensor that claims numbers that its storage does not have.

        Args:
            found: numbers of the storage.
            longest: bytes that a tensor may claim.

        Raises:
            Damaged: if it does.
        """
        size = math.prod(self.shape)
        last = self.offset + sum(
            (side - 1) * step for side, step in zip(self.shape, self.strides, strict=True)
        )
        if size and (last >= found or size * ITEM_BYTES[self.kind] > longest):
            raise Damaged(
                f"a tensor of shape {self.shape} needs more than the {found:,} numbers of its "
                "storage"
            )


def tensor_call(value: Any) -> TensorCall | None:
    """The tensor that a call describes; None for anything else.

    Raises:
        Damaged: if it has no place in a storage.
    """
    call = _without_wrapping(value)
    if call is None or len(call.arguments) < 4:
        return None
    stored, offset, shape, strides = call.arguments[:4]
    key, kind, count = storage_of(stored)
    shape, strides = check_shape(shape), check_shape(strides)
    if type(offset) is not int or offset < 0 or len(shape) != len(strides):
        raise Damaged(f"a tensor of shape {shape} has no place in its storage")
    return TensorCall(key, kind, count, offset, shape, strides)


def storage_of(stored: Any) -> tuple[str, str, int]:
    """Key, kind and number of numbers of a storage that a file refers to.

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


def sizes_of(stored: Collection[Stored]) -> dict[str, int]:
    """Bytes of each storage that a file refers to, by its key."""
    found = (storage_of(each) for each in stored)
    return {key: count * ITEM_BYTES[kind] for key, kind, count in found}


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
