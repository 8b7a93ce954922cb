"""Files of pickle and of `torch.save` as data: plain values, arrays and tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor, from_numpy

from segeval.data.opening import read_memory
from segeval.models.files.archives import DAMAGE, archive_of, damaged
from segeval.models.files.pickle_machine import Call, Damaged, Name, Stored
from segeval.models.files.stored_arrays import array_of, described, is_scalar
from segeval.models.files.stored_tensors import Storages

DEEPEST = 50
"""Containers within each other."""


class Checkpoint:
    """The content of a file, whose tensors are made when they are asked for.

    Args:
        path: of a pickle, or of a file of `torch.save`.

    Raises:
        Damaged: if it is another file, or ends early.
        Refused: if it asks for anything but numbers and containers.
        OSError: if it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        found = archive_of(read_memory(path))
        self.content = found.content
        self._storages = Storages(found.bytes_of, found.longest, order=found.order)

    def tensor(self, value: Any) -> Tensor | None:
        """A value of the content as a tensor; None unless it is an array or a tensor.

        Raises:
            Damaged: if it claims more numbers than the file has.
        """
        try:
            array = array_of(value)
            if array is None:
                return self._storages.tensor(value)
            native = array.astype(array.dtype.newbyteorder("="), copy=False)
            in_place = native.flags.aligned and native.flags.writeable
            return from_numpy(native if in_place else native.copy())
        except DAMAGE as error:
            raise damaged(error) from None

    def plain(self) -> Any:
        """The content with all tensors made, and numbers of NumPy as Python's.

        Raises:
            Damaged: if it has anything else.
        """
        return self._plain(self.content, DEEPEST, {})

    def _plain(self, value: Any, depth: int, made: dict[int, Any]) -> Any:
        """A value, and in `made` what came of each container, which may occur often."""
        if depth == 0:
            raise Damaged(f"it has more than {DEEPEST} containers within each other")
        if id(value) in made:
            return made[id(value)]
        if isinstance(value, dict):
            found = {key: self._plain(each, depth - 1, made) for key, each in value.items()}
            return made.setdefault(id(value), found)
        if isinstance(value, list | tuple):
            parts = type(value)(self._plain(each, depth - 1, made) for each in value)
            return made.setdefault(id(value), parts)
        if isinstance(value, memoryview):
            return value.tobytes()
        if isinstance(value, Name | Stored):
            raise Damaged(f"it has a {described(value)} in place of a value")
        if not isinstance(value, Call):
            return value
        if value.name == "torch.Size" and len(value.arguments) == 1:
            return value.arguments[0]
        tensor = self.tensor(value)
        if tensor is None:
            raise Damaged(f"{value.name} is not a tensor of numbers")
        return tensor.item() if is_scalar(value) else tensor
