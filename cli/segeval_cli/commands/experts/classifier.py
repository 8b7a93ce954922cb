"""The last layer of a classifier, from a file of a model's weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.errors import InputError
from segeval.words import first_few

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMED = 8
"""Most names in one message."""


def classifier_rows(path: Path, name: str | None) -> NDArray[Any]:
    """The weights of one layer, a row for each category.

    Args:
        path: of the file.
        name: of the layer's weights; None for the only ones of two sides.

    Raises:
        InputError: if there is no such file or layer, or several and no name.
        FormatError: if the file is damaged.
    """
    from segeval.models.averaging.stored import stored_weights

    with stored_weights(path) as stored:
        tables = [key for key, each in stored.tensors.items() if len(each.shape) >= 2]
        if name is None and len(tables) == 1:
            name = tables[0]
        if name is None:
            raise InputError(
                f"{path}: has several tables of weights, {first_few(tables, NAMED)}; say which is "
                "the classifier's last layer: `weight_name`",
                code="weight-name",
                path=str(path),
                option="weight_name",
            )
        if name not in stored.tensors:
            raise InputError(
                f"{path}: has no {name} (`weight_name`), expected one of "
                f"{first_few(tables, NAMED) or 'none: there is no table of weights'}",
                code="weight-name",
                path=str(path),
                option="weight_name",
            )
        return _floats(stored.read(name), stored.tensors[name].kind)


def _floats(values: NDArray[Any], kind: str) -> NDArray[Any]:
    """Numbers as floats; bfloat16 comes as bits, the upper half of a float of 32."""
    import numpy as np

    if kind == "BF16":
        return (values.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)
    return values.astype(np.float64)
