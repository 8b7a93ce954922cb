"""Files of other packages whose errors hide that the disk is full."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
"""Number of the system's error in a text of safetensors."""


def save_checkpoint(content: Mapping[str, Any], file: BinaryIO) -> None:
    """Write what `torch.save` can.

    Args:
        content: tensors and plain values.
        file: open for writing.

    Raises:
        OSError: if it cannot be written; PyTorch would raise an error about its position.
    """
    checked = _Checked(file)
    try:
        torch.save(content, checked)  # type: ignore[arg-type]  # it needs `write` and `flush`
    except RuntimeError:
        if checked.error is not None:
            raise checked.error from None
        raise


def save_safetensors(
    weights: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str]
) -> None:
    """Write what safetensors can.

    Args:
        weights: tensors by name, on the CPU and contiguous.
        path: of the file, which is replaced.
        metadata: texts by name.

    Raises:
        OSError: if it cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        save_file(dict(weights), path, dict(metadata))
    except SafetensorError as error:
        found = SYSTEM_ERROR.search(str(error))
        if found is None:
            raise
        number = int(found[1])
        raise OSError(number, os.strerror(number), str(path)) from None


class _Checked:
    """A file that keeps the first error of writing."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Write some bytes."""
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = self.error or error
            raise

    def flush(self) -> None:
        """Write what waits."""
        self._file.flush()
