"""Averaged weights in files: safetensors and npz tensor by tensor, PyTorch's with PyTorch."""

from __future__ import annotations

import json
import math
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.models.averaging.stored import StoredTensor
from segeval.models.extra import missing
from segeval.models.files.number_kinds import DTYPES, ITEM_BYTES
from segeval.models.files.safetensors_header import TEXTS

Made = Callable[[str], NDArray[np.generic]]
"""Gives the numbers of a tensor, once for each name."""

ALIGNED = 8
"""The bytes of tensors begin at a multiple of this in safetensors."""

NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The time in archives, so that equal weights give equal bytes."""


def write_weights(
    file: BinaryIO,
    suffix: str,
    tensors: Mapping[str, StoredTensor],
    made: Made,
    *,
    texts: Mapping[str, str],
    entry: str | None,
) -> None:
    """Write weights to an open file.

    Args:
        file: open for writing.
        suffix: says the format.
        tensors: kinds and shapes by name; their order does not matter.
        made: gives the numbers of each.
        texts: metadata, for safetensors.
        entry: of a checkpoint of PyTorch that holds the weights; None for the whole content.
    """
    if suffix == ".safetensors":
        _write_safetensors(file, tensors, made, texts)
    elif suffix == ".npz":
        _write_npz(file, tensors, made)
    else:
        _write_torch(file, tensors, made, entry)


def check_kinds(path: Path, tensors: Mapping[str, StoredTensor]) -> None:
    """Refuse numbers that a format cannot hold, before any work.

    Raises:
        InputError: for bfloat16 in npz.
        MissingDependency: for a file of PyTorch without PyTorch.
    """
    wrong = [name for name, each in tensors.items() if each.kind == "BF16"]
    if path.suffix == ".npz" and wrong:
        raise InputError(
            f"{path}: {wrong[0]} is of bfloat16, which NumPy lacks. Write a .safetensors file.",
            code="output",
            path=str(path),
            field=wrong[0],
        )
    if path.suffix in (".pth", ".pt"):
        check_torch()


def check_torch() -> None:
    """Refuse to write a file of PyTorch without PyTorch.

    Raises:
        MissingDependency: says what to install.
    """
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError as error:
        raise missing(["torch"]) from error


def _write_safetensors(
    file: BinaryIO,
    tensors: Mapping[str, StoredTensor],
    made: Made,
    texts: Mapping[str, str],
) -> None:
    """The header, then the tensors, those of larger numbers first, as the package orders them."""
    names = sorted(tensors, key=lambda name: (-_rank(tensors[name].kind), name))
    header: dict[str, Any] = {TEXTS: dict(sorted(texts.items()))} if texts else {}
    place = 0
    for name in names:
        each = tensors[name]
        stop = place + math.prod(each.shape) * ITEM_BYTES[each.kind]
        header[name] = {
            "dtype": each.kind, "shape": list(each.shape), "data_offsets": [place, stop]
        }  # fmt: skip
        place = stop
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNED)
    file.write(struct.pack("<Q", len(text)))
    file.write(text)
    for name in names:
        file.write(made(name).tobytes())


def _rank(kind: str) -> int:
    """Place of a kind in the package's own order, which larger numbers lead."""
    return ["BOOL", "U8", "I8", "I16", "F16", "BF16", "I32", "F32", "F64", "I64"].index(kind)


def _write_npz(file: BinaryIO, tensors: Mapping[str, StoredTensor], made: Made) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(tensors):
            info = zipfile.ZipInfo(f"{name}.npy", NO_TIME)
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(made(name)), allow_pickle=False)


def _write_torch(
    file: BinaryIO, tensors: Mapping[str, StoredTensor], made: Made, entry: str | None
) -> None:
    from segeval.models.files.stored_tensors import KINDS, numbers
    from segeval.models.files.writing import save_checkpoint

    def weights() -> Iterator[tuple[str, Any]]:
        for name in sorted(tensors):
            each = tensors[name]
            values = np.ascontiguousarray(made(name), DTYPES[each.kind])
            data = memoryview(bytearray(values.tobytes()))
            yield name, numbers(data, KINDS[each.kind]).reshape(each.shape)

    content = dict(weights())
    save_checkpoint(content if entry is None else {entry: content}, file)
